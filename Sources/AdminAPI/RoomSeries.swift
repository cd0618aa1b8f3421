package import WaitingRoom

/// A room's last hours as this gate saw them: one value of each column for each interval.
package struct RoomSeries: Hashable, Sendable {
    /// Named as in `GET /admin/v1/rooms/{id}/history`.
    package enum Column: String, Hashable, Sendable, CaseIterable {
        /// At the end of the interval.
        case waiting
        case activeSessions = "active_sessions"
        /// Admitted positions and active sessions.
        case slotsInUse = "slots_in_use"
        /// In force, as is the rate, which is per second.
        case maxActiveUsers = "max_active_users"
        case queueRate = "queue_rate"
        /// Within the interval, as are the next two.
        case admitted
        case enqueued
        case abandoned
        /// Of somebody who joins at the end of the interval.
        case estimatedWaitSeconds = "estimated_wait_seconds"
        /// Of this gate's requests within the interval, as are the rest.
        case originLatencySecondsP50 = "origin_latency_seconds_p50"
        case originLatencySecondsP95 = "origin_latency_seconds_p95"
        case originErrors = "origin_errors"
        case originRequests = "origin_requests"
    }

    /// The length of an interval.
    package var interval: Milliseconds
    /// When the first interval began.
    package var from: Timestamp
    /// All of the same length, the latest last; nil where nothing is known. A column that is missing is not known at all.
    package var columns: [Column: [Double?]]

    package init(interval: Milliseconds, from: Timestamp, columns: [Column: [Double?]]) {
        self.interval = interval
        self.from = from
        self.columns = columns
    }
}

/// Who remembers the rooms' last hours.
package protocol RoomHistoryProviding: Sendable {
    /// The last so many minutes of a room; nil if nothing is known of it yet.
    /// - Parameter minutes: 1 to 360.
    func series(of room: RoomID, minutes: Int) async -> RoomSeries?
}
