extension Room {
    /// One admission step: the first n = min(free slots, rate tokens, waiting) become admitted. O(n log waiting).
    ///
    /// Nobody before the opening, and not before the draw is revealed (`advance`). Where `shuffle_window` is set, nobody of
    /// the window that is still open is admitted: who joins later may yet draw a better key.
    /// - Returns: how long each of the admitted had waited.
    package mutating func admit(at now: Timestamp, emitting events: inout [RoomEvent]) -> [Milliseconds] {
        clock.observe(now)
        guard settings.status == .active, phase == .open, !isDrawing else { return [] }
        let time = clock.now
        return admit(nextBatch(of: min(freeSlots, bucket.available(at: time), line.count)), emitting: &events)
    }

    /// - Returns: how long each of them had waited.
    mutating func admit(_ batch: [Line.Member], emitting events: inout [RoomEvent]) -> [Milliseconds] {
        let time = clock.now
        // All of them first: so the memory of several is asked for at a time.
        let waits = batch.map { time - (positions.read($0.id, \.enqueuedAt) ?? time) }
        for member in batch {
            commit(.positionAdmitted(member.id, expiresAt: time + settings.claimTimeout), to: &events)
        }
        return waits
    }

    /// The members that a batch of `size` would admit, within `priority_share`.
    mutating func nextBatch(of size: Int) -> [Line.Member] {
        guard size > 0 else { return [] }
        let prioritised = eligible(from: .front(of: .max), above: 0, limit: size)
        guard !prioritised.isEmpty else { return eligible(from: .front(of: 0), above: .min, limit: size) }
        let normal = eligible(from: .front(of: 0), above: .min, limit: size)
        let first = share.prioritised(
            of: size, share: settings.priorityShare, prioritised: prioritised.count, normal: normal.count)
        return Array(prioritised.prefix(first)) + normal.prefix(size - first)
    }

    /// The first members from `key` on, of a priority above `floor`, whose shuffle window has closed.
    private mutating func eligible(from key: LineKey, above floor: Int, limit: Int) -> [Line.Member] {
        let openWindow = settings.shuffleWindow.count > 0 ? windowStart(at: clock.now) : nil
        var found: [Line.Member] = []
        var start: LineKey? = key
        while let key = start {
            start = nil
            line.scan(from: key) { member in
                guard found.count < limit, member.key.priority > floor else { return false }
                if let openWindow, member.key.window >= openWindow {
                    // Everybody behind, of the same priority, joined in the open window too.
                    if member.key.priority > LineKey.priorities.lowerBound {
                        start = .front(of: member.key.priority - 1)
                    }
                    return false
                }
                found.append(member)
                return true
            }
        }
        return found
    }
}
