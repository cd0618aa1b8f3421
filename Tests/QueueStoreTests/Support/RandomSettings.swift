import WaitingRoom

extension RoomSettings {
    /// Small limits of all kinds, so that random histories meet each of them.
    static func random(for room: RoomID, using random: inout SeededGenerator) -> RoomSettings {
        var settings = RoomSettings(id: room)
        settings.maxActiveUsers = Int.random(in: 0...5, using: &random)
        settings.maxQueueSize = Int.random(in: 0...12, using: &random)
        settings.maxPositionsPerAddress = Int.random(in: 0...3, using: &random)
        settings.queueRate = Rate(
            count: Int64.random(in: 0...12, using: &random),
            per: Bool.random(using: &random) ? .seconds(1) : .seconds(7))
        settings.admissionInterval = Milliseconds(Int64.random(in: 100...3_000, using: &random))
        settings.status = Int.random(in: 0..<5, using: &random) == 0 ? .paused : .active
        settings.shuffleWindow = Milliseconds(Bool.random(using: &random) ? 0 : 2_000)
        settings.sessionRenewal = Bool.random(using: &random)
        settings.heartbeatTimeout = .seconds(Int64.random(in: 5...60, using: &random))
        settings.missedTurnGrace = .seconds(Int64.random(in: 0...3, using: &random) * 60)
        // Around the moment at which the tests' clocks begin.
        let start = ManualClock().now
        if Int.random(in: 0..<3, using: &random) == 0 {
            settings.opening = Opening(
                at: start + Milliseconds(Int64.random(in: -2_000...12_000, using: &random)),
                preQueue: .seconds(Int64.random(in: 0...12, using: &random)), draws: Bool.random(using: &random))
        }
        if Int.random(in: 0..<8, using: &random) == 0 {
            settings.closesAt = start + Milliseconds(Int64.random(in: 0...20_000, using: &random))
        }
        if Int.random(in: 0..<12, using: &random) == 0 { settings.queueingMethod = .reject }
        settings.priorityShare = Int.random(in: 0...1_000, using: &random)
        return settings
    }
}

extension RoomOverrides {
    /// Some of them, or none.
    static func random(using random: inout SeededGenerator) -> RoomOverrides {
        var overrides = RoomOverrides()
        if Bool.random(using: &random) { overrides.status = Bool.random(using: &random) ? .active : .paused }
        if Bool.random(using: &random) { overrides.maxActiveUsers = Int.random(in: 0...6, using: &random) }
        if Bool.random(using: &random) {
            overrides.queueRate = Rate(count: Int64.random(in: 0...9, using: &random), per: .seconds(2))
        }
        return overrides
    }
}

extension Pass {
    /// One of four passes of a few uses; two of them end while a random history goes on.
    static func some(of number: UInt64) -> Pass {
        let which = number % 4
        let start = ManualClock().now
        return Pass(
            id: PassID(bits: UUIDBits(high: 3, low: which)), priority: Int(which % 3), uses: 3 + Int(which),
            expiresAt: start + .seconds(which < 2 ? 40 : 86_400))
    }
}
