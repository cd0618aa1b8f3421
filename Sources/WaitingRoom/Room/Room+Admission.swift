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
        return batch.map { member in
            let waited = time - (positions.read(member.id, \.enqueuedAt) ?? time)
            commit(.positionAdmitted(member.id, expiresAt: time + settings.claimTimeout), to: &events)
            return waited
        }
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
    private func eligible(from key: LineKey, above floor: Int, limit: Int) -> [Line.Member] {
        let openWindow = settings.shuffleWindow.count > 0 ? windowStart(at: clock.now) : nil
        var found: [Line.Member] = []
        var key = key
        while found.count < limit, let member = line.first(atOrAfter: key), member.key.priority > floor {
            if let openWindow, member.key.window >= openWindow {
                // Everybody behind, of the same priority, joined in the open window too.
                guard member.key.priority > LineKey.priorities.lowerBound else { break }
                key = .front(of: member.key.priority - 1)
            } else {
                found.append(member)
                key = member.key.next
            }
        }
        return found
    }
}
