package import Logging
package import QueueStore
package import WaitingRoom

/// What the admin API asks of its gate.
package struct AdminServices: Sendable {
    package var version: String
    package var startedAt: Timestamp
    package var store: any QueueStore
    /// The rooms in the order of the file, as the file, or the scheduled event that is on, has them now.
    package var rooms: @Sendable () -> [RoomSettings]
    /// Whether the room only records what it would do.
    package var isShadow: @Sendable (RoomID) -> Bool
    /// How long somebody at a rank will probably wait; nil when it cannot be known.
    package var estimate: @Sendable (RoomID, _ rank: Int) -> WaitEstimate?
    /// Told of admissions beside the admission steps.
    package var onAdmission: @Sendable (AdmissionReport, RoomID) -> Void
    /// Told of a room whose limits a call has changed; returns when this gate goes by them.
    package var onOverride: @Sendable (RoomID) async -> Void
    package var keys: AdminKeyTable
    package var configuration: @Sendable () -> ConfigurationStanding
    /// How many events are still to reach the stream.
    package var eventsBacklog: @Sendable () -> Int
    package var tails: EventTails
    package var audit: any AuditLog
    /// Nil: nothing is remembered.
    package var history: (any RoomHistoryProviding)?
    package var clock: @Sendable () -> Timestamp
    package var logger: Logger

    package init(
        version: String, startedAt: Timestamp, store: any QueueStore, rooms: @escaping @Sendable () -> [RoomSettings],
        isShadow: @escaping @Sendable (RoomID) -> Bool = { _ in false },
        estimate: @escaping @Sendable (RoomID, _ rank: Int) -> WaitEstimate?,
        onAdmission: @escaping @Sendable (AdmissionReport, RoomID) -> Void = { _, _ in },
        onOverride: @escaping @Sendable (RoomID) async -> Void = { _ in }, keys: AdminKeyTable,
        configuration: @escaping @Sendable () -> ConfigurationStanding,
        eventsBacklog: @escaping @Sendable () -> Int, tails: EventTails, audit: any AuditLog,
        history: (any RoomHistoryProviding)? = nil, clock: @escaping @Sendable () -> Timestamp, logger: Logger
    ) {
        self.version = version
        self.startedAt = startedAt
        self.store = store
        self.rooms = rooms
        self.isShadow = isShadow
        self.estimate = estimate
        self.onAdmission = onAdmission
        self.onOverride = onOverride
        self.keys = keys
        self.configuration = configuration
        self.eventsBacklog = eventsBacklog
        self.tails = tails
        self.audit = audit
        self.history = history
        self.clock = clock
        self.logger = logger
    }
}
