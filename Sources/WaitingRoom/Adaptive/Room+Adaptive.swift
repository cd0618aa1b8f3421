/// A rate that follows what the origin bears.
extension Room {
    /// Lowers or raises the rate below the configured one. Of several gates that see distress one lowers it in each
    /// pause; while one sees it, none raises it: also who changes nothing, because the rate is at the floor, is heard.
    /// O(1).
    /// - Returns: whether the rate was changed.
    package mutating func adapt(_ change: RateChange, at now: Timestamp, emitting events: inout [RoomEvent]) -> Bool {
        clock.observe(now)
        if change.reason.isDistress { distressedAt = clock.now }
        guard change.basis == adapted, change.rate != adapted?.rate, isDue(change) else { return false }
        commit(.rateAdapted(change.rate, change.reason), to: &events)
        return true
    }

    private func isDue(_ change: RateChange) -> Bool {
        let isFresh = adapted.map { clock.now - $0.changedAt < change.pause } ?? false
        switch change.reason {
        case .latency, .errors: return !isFresh || adapted?.reason.isDistress == false
        case .recovered: return !isFresh && (distressedAt.map { clock.now - $0 >= change.rest } ?? true)
        case .off: return true
        }
    }
}

extension RoomSettings {
    /// What is in force where this is configured: each layer goes over those before it.
    package func inForce(adapted: AdaptedRate?, under overrides: StandingOverrides?) -> RoomSettings {
        var settings = self
        if let adapted, adapted.rate.isLower(than: queueRate) { settings.queueRate = adapted.rate }
        overrides?.values.apply(to: &settings)
        return settings
    }
}
