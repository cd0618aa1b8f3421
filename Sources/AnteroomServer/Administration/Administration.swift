import AdminAPI
import Logging
import NATSBus
import Prometheus
import QueueStore
import RoomConfiguration
import ServiceLifecycle
import SessionTokens
import Synchronization
import VisitorAPI
import WaitingRoom

/// What the admin API needs beside the gate's other parts: keys, tails, audit, and how the configuration fares.
final class Administration: Sendable {
    let keys: AdminKeyTable
    private let tails: EventTails
    private let audit: AuditRecorder
    private let standing: Mutex<ConfigurationStanding>
    private let clock: @Sendable () -> Timestamp
    private let logger: Logger

    /// - Parameter configuration: what the gate starts with.
    init(
        _ configuration: Configuration, file: String, monitor: RoomMonitor, clock: @escaping @Sendable () -> Timestamp,
        logger: Logger
    ) {
        keys = AdminKeyTable(configuration.admin.keys ?? [])
        tails = EventTails { event in
            let opened = monitor.snapshot(of: event.room)?.facts.createdAt ?? event.time
            let published = CloudEvent(event.withoutDrawSecrets, opened: opened)
            return (published.id, published.json)
        }
        audit = AuditRecorder(logger: logger)
        standing = Mutex(ConfigurationStanding(file: file, loadedAt: clock()))
        self.clock = clock
        self.logger = logger
    }

    /// The configuration; made whole by a file of keys, where there is none yet.
    static func makeKeys(
        for configuration: Configuration, logger: Logger, reload: () throws -> Configuration
    ) throws -> Configuration {
        guard configuration.admin.keys == nil else { return configuration }
        let file = configuration.admin.keysFile
        do throws(SecretFileError) {
            if try AdminKeyFile.make(file) {
                logger.notice("Made an operator's key for the admin API", metadata: ["file": "\(file)"])
            }
        } catch {
            logger.error("The admin API has no keys: nobody can call it", metadata: ["error": "\(error)"])
            return configuration
        }
        return try reload()
    }

    /// Told of what happened, in order.
    func observe(_ events: [RoomEvent]) {
        tails.observe(events)
        audit.observe(events)
    }

    /// Whether somebody follows the events here.
    var isFollowed: Bool { !tails.isQuiet }

    /// New keys count from the next call on. Where their file is gone, those that were there go on.
    func apply(_ admin: AdminConfiguration) {
        guard let new = admin.keys else {
            logger.warning(
                "The file with the keys of the admin API is gone; those that it had go on",
                metadata: ["file": "\(admin.keysFile)"])
            return
        }
        keys.apply(new)
    }

    func note(_ outcome: ReloadOutcome) {
        standing.withLock { standing in
            switch outcome {
            case .inForce: standing = ConfigurationStanding(file: standing.file, loadedAt: clock())
            case .refused(let problems): standing.problems = problems
            }
        }
    }

    func services(
        version: String, store: any QueueStore, line: LineStore, rooms: @escaping @Sendable () -> [RoomSettings],
        isShadow: @escaping @Sendable (RoomID) -> Bool, monitor: RoomMonitor, metrics: LineMetrics,
        onOverride: @escaping @Sendable (RoomID) async -> Void, history: any RoomHistoryProviding
    ) -> AdminServices {
        AdminServices(
            version: version, startedAt: clock(), store: store, rooms: rooms,
            isShadow: isShadow, estimate: { monitor.snapshot(of: $0)?.estimate(rank: $1) },
            onAdmission: metrics.admitted, onOverride: onOverride, keys: keys,
            configuration: { self.standing.withLock { $0 } },
            eventsBacklog: { line.eventStatus?.backlog ?? 0 }, tails: tails, audit: line.audit,
            history: history, clock: clock, logger: logger)
    }

    func service(_ line: LineStore) -> any Service { AuditService(recorder: audit, log: line.audit) }

    /// Keys that leave the machine do so in clear text.
    static func warnOfOpenListener(_ address: ListenAddress, logger: Logger) {
        guard address.host != "::1", !address.host.hasPrefix("127.") else { return }
        logger.warning(
            "Other machines reach the admin listener, and keys travel in clear text: use a tunnel, or a proxy with TLS",
            metadata: ["address": "\(address)"])
    }
}

extension RoomEvent {
    /// The event without what would tell, before the opening, which order the draw will give.
    fileprivate var withoutDrawSecrets: RoomEvent {
        switch change {
        case .positionEnqueued(let position, _): with(.positionEnqueued(position, shuffleKey: 0))
        case .drawStarted(let start):
            with(.drawStarted(DrawStart(commitment: start.commitment, seed: nil, lastJoin: start.lastJoin)))
        default: self
        }
    }

    private func with(_ change: Change) -> RoomEvent {
        RoomEvent(sequence: sequence, time: time, room: room, change: change)
    }
}
