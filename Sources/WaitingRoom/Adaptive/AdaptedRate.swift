/// The rate that a room's origin bears, below what is configured.
package struct AdaptedRate: Hashable, Sendable {
    package var rate: Rate
    package var reason: AdaptationReason
    package var changedAt: Timestamp

    package init(_ rate: Rate, _ reason: AdaptationReason, changedAt: Timestamp) {
        self.rate = rate
        self.reason = reason
        self.changedAt = changedAt
    }
}

/// What a gate makes of a room's origin. Each has seen only its own requests, so the store decides whether it holds.
package struct RateChange: Hashable, Sendable {
    /// Nil: what is configured.
    package var rate: Rate?
    package var reason: AdaptationReason
    /// From which it was reckoned: if that is no more, another gate was quicker.
    package var basis: AdaptedRate?
    /// How long the last change has to be past, before the rate is lowered again or raised.
    package var pause: Milliseconds
    /// How long the last distress that any gate has seen has to be past before the rate is raised.
    package var rest: Milliseconds

    /// - `interval`: between two samples; the clocks of gate and store need not agree to the millisecond.
    package init(to rate: Rate?, _ reason: AdaptationReason, from basis: AdaptedRate?, every interval: Milliseconds) {
        self.rate = rate
        self.reason = reason
        self.basis = basis
        pause = Milliseconds(interval.count * 9 / 10)
        rest = Milliseconds(pause.count * Int64(AdmissionController.calmSamples))
    }
}
