/// How long somebody in line will probably wait, in seconds from now.
package struct WaitEstimate: Hashable, Sendable {
    package var low: Double
    package var middle: Double
    package var high: Double

    package init(low: Double, middle: Double, high: Double) {
        self.low = low
        self.middle = middle
        self.high = high
    }
}

/// An estimate that was shown, kept to compare it with what happened.
package struct WaitPromise: Hashable, Sendable {
    package var madeAt: Timestamp
    package var estimate: WaitEstimate

    package init(madeAt: Timestamp, estimate: WaitEstimate) {
        self.madeAt = madeAt
        self.estimate = estimate
    }

    /// How the promise compares with an admission at `time`.
    package func outcome(admittedAt time: Timestamp) -> PromiseOutcome {
        let waited = max(0, (time - madeAt).seconds)
        let verdict: PromiseOutcome.Verdict =
            waited < estimate.low ? .early : waited > estimate.high ? .late : .kept
        return PromiseOutcome(verdict: verdict, errorSeconds: waited - estimate.middle)
    }
}

/// What became of a promised wait.
package struct PromiseOutcome: Hashable, Sendable {
    /// Where the true wait lay: below, within or above the promised range.
    package enum Verdict: String, Hashable, Sendable, CaseIterable {
        case early, kept, late
    }

    package var verdict: Verdict
    /// The true wait less the middle estimate; negative if it came sooner.
    package var errorSeconds: Double
}
