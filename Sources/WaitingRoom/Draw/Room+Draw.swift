extension Room {
    /// Begins a draw with the pre-queue, and reveals it at the opening. Comes before each step in which somebody joins or
    /// is admitted, so the store's clock decides which side of a boundary a step is on. O(1).
    package mutating func advance(
        at now: Timestamp, using generator: inout some RandomNumberGenerator, emitting events: inout [RoomEvent]
    ) {
        clock.observe(now)
        switch phase {
        case .preQueue:
            guard settings.opening?.draws == true, !isDrawing else { return }
            let seed = DrawSeed(using: &generator)
            let start = DrawStart(commitment: seed.commitment, seed: seed, lastJoin: joinSequence)
            commit(.drawStarted(start), to: &events)
        case .open, .closed:
            guard let draw, !draw.isRevealed else { return }
            commit(.drawRevealed(DrawEnd(seed: draw.seed, lastJoin: joinSequence)), to: &events)
        case .scheduled:
            // An opening that was put off keeps its draw: nobody can have the seed drawn again.
            break
        }
    }

    /// A draw goes on whose order nobody may see yet.
    @inline(__always)
    var isDrawing: Bool { draw.map { !$0.isRevealed } ?? false }

    /// Whether the place at `key` is still to be drawn.
    @inline(__always)
    func isUndrawn(_ key: LineKey) -> Bool {
        guard let draw, !draw.isRevealed else { return false }
        // Somebody may have joined in the very millisecond before; who comes back after a missed turn stands in no window.
        return key.window >= draw.since && key.sequence > draw.lastJoin
    }
}
