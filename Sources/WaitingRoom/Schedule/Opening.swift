/// When a room opens, and from when on visitors may wait for that.
package struct Opening: Hashable, Sendable {
    /// Not after `opensAt`; equal to it where there is no pre-queue.
    package var preQueueAt: Timestamp
    package var opensAt: Timestamp
    /// Those who come in the pre-queue are put in random order.
    package var draws: Bool

    package init(preQueueAt: Timestamp, opensAt: Timestamp, draws: Bool) {
        self.preQueueAt = preQueueAt
        self.opensAt = opensAt
        self.draws = draws
    }

    package init(at opensAt: Timestamp, preQueue: Milliseconds = Milliseconds(0), draws: Bool = true) {
        self.init(
            preQueueAt: Timestamp(milliseconds: opensAt.milliseconds - max(0, preQueue.count)), opensAt: opensAt,
            draws: draws)
    }
}

/// Where a room stands in its schedule.
package enum RoomPhase: String, Hashable, Sendable, CaseIterable {
    /// Before the pre-queue: nobody joins.
    case scheduled
    /// Whoever comes waits for the opening.
    case preQueue = "pre_queue"
    case open
    /// After `closes_at`, or with `queueing_method: reject`: nobody joins or is admitted; sessions go on.
    case closed
}

extension RoomSettings {
    /// Where the room stands at `time`. A pure function of settings and time: what the store's clock says decides.
    @inline(__always)
    package func phase(at time: Timestamp) -> RoomPhase {
        if let closesAt, time >= closesAt { return .closed }
        if let opening {
            if time < opening.preQueueAt { return .scheduled }
            if time < opening.opensAt { return .preQueue }
        }
        return queueingMethod == .reject ? .closed : .open
    }
}

extension Room {
    @inline(__always)
    var phase: RoomPhase { settings.phase(at: clock.now) }
}
