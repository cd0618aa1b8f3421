import Logging
import QueueStore
import RoomConfiguration
import ServiceLifecycle
import Synchronization
import VisitorAPI
import WaitingRoom

/// Moves the lines: an admission step per room at its `admission_interval`, a cleaning every five seconds, and after
/// each step word to those who wait.
final class LineWorker: Service {
    private let store: any QueueStore
    private let flusher: ActivityFlusher
    private let monitor: RoomMonitor
    private let metrics: LineMetrics
    private let desks: [VisitorDesk]
    private let clock: @Sendable () -> Timestamp
    private let logger: Logger
    private let rooms: Mutex<[RoomSettings]>
    /// How often silent positions and idle sessions are looked for.
    private static let cleaningInterval = Duration.seconds(5)

    init(
        store: any QueueStore, rooms: [RoomSettings], flusher: ActivityFlusher,
        monitor: RoomMonitor, metrics: LineMetrics, desks: [VisitorDesk], clock: @escaping @Sendable () -> Timestamp,
        logger: Logger
    ) {
        self.store = store
        self.flusher = flusher
        self.rooms = Mutex(rooms)
        self.monitor = monitor
        self.metrics = metrics
        self.desks = desks
        self.clock = clock
        self.logger = logger
    }

    /// New rooms begin to move, and changed intervals count, from the next step on.
    func apply(_ rooms: [RoomSettings]) { self.rooms.withLock { $0 = rooms } }

    var currentRooms: [RoomSettings] { rooms.withLock { $0 } }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await self.work()
        }
    }

    private struct Schedule {
        var nextStep: ContinuousClock.Instant
        var nextCleaning: ContinuousClock.Instant
        var shown: RoomFacts?
        var isFailing = false
        /// Whether the store's limits were last seen to be others than this gate's.
        var differs = false
    }

    private func work() async {
        let clock = ContinuousClock()
        var schedules: [RoomID: Schedule] = [:]
        while !Task.isCancelled {
            var wake = clock.now + .seconds(1)
            for settings in rooms.withLock({ $0 }) {
                let now = clock.now
                var schedule = schedules[settings.id] ?? Schedule(nextStep: now, nextCleaning: now)
                if schedule.nextStep <= now {
                    let interval = Duration.milliseconds(max(50, settings.admissionInterval.count))
                    // A fixed rate: a late step does not put off those after it. One that was missed is not repeated.
                    schedule.nextStep += interval
                    if schedule.nextStep <= now { schedule.nextStep = now + interval }
                    await step(settings, &schedule, now)
                }
                wake = min(wake, schedule.nextStep)
                schedules[settings.id] = schedule
            }
            try? await clock.sleep(until: wake)
        }
    }

    private func step(_ settings: RoomSettings, _ schedule: inout Schedule, _ now: ContinuousClock.Instant) async {
        let room = settings.id
        do throws(StoreError) {
            if schedule.nextCleaning <= now {
                schedule.nextCleaning = now + Self.cleaningInterval
                // Nobody is taken for silent because of a sign of life that still lies with an event loop.
                await flusher.flush()
                let start = ContinuousClock.now
                _ = try await store.clean(in: room)
                metrics.cleaned(in: .now - start)
            }
            let report = try await store.admit(in: room)
            metrics.admitted(report, in: room)
            let facts = try await store.facts(of: room)
            monitor.observe(facts, at: clock())
            if (facts.settings != settings) != schedule.differs {
                schedule.differs.toggle()
                if schedule.differs {
                    logger.warning(
                        "Another gate has set other limits of a room, and they are in force: make its files the same",
                        metadata: [
                            "queue_id": "\(room)", "status": "\(facts.settings.status.rawValue)",
                            "own_status": "\(settings.status.rawValue)",
                        ])
                }
            }
            if schedule.isFailing {
                schedule.isFailing = false
                logger.notice("The line moves again", metadata: ["queue_id": "\(room)"])
            }
            guard facts.eventSequence != schedule.shown?.eventSequence else { return }
            schedule.shown = facts
            for desk in desks { Task { await desk.refresh(room) } }
        } catch {
            if error.code == .elsewhere { return }
            if !schedule.isFailing {
                schedule.isFailing = true
                logger.error(
                    "The line does not move: the store refused a step",
                    metadata: ["queue_id": "\(room)", "error": "\(error)"])
            }
        }
    }
}
