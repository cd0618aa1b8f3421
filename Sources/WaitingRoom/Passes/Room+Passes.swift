extension Room {
    /// Moves a waiting position up to the pass's priority, at its join order within that, and counts one use. Whoever
    /// stands there already, or has been let in, uses nothing. O(log n).
    package mutating func present(
        _ pass: Pass, for id: PositionID, at now: Timestamp, emitting events: inout [RoomEvent]
    ) -> PassOutcome {
        clock.observe(now)
        guard let entry = positions[id] else { return .unknown }
        if entry.status == .waiting {
            sign(of: id)
            if entry.key.priority < pass.priority {
                if let refusal = passes.refusal(of: pass, at: clock.now) { return .refused(refusal) }
                commit(.passUsed(pass, by: id), to: &events)
            }
        }
        return place(of: id).map(PassOutcome.place) ?? .unknown
    }

    /// How many passes are remembered.
    package var rememberedPasses: Int { passes.count }

    /// Every pass that the room remembers. O(n).
    package func forEachPass(_ body: (PassImage) -> Void) { passes.forEach(body) }

    /// Puts the count of one pass of a snapshot back. False if it contradicts those before it.
    package mutating func restore(_ image: PassImage) -> Bool {
        guard image.used > 0, passes.used(image.id) == 0 else { return false }
        passes.restore(image)
        return true
    }

    mutating func raise(_ id: PositionID, to priority: Int) {
        guard let entry = positions[id], entry.status == .waiting, entry.key.priority < priority else { return }
        move(id, to: .priority(priority))
    }
}
