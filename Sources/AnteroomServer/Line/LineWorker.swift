import Logging
import QueueStore
import RoomConfiguration
import ServiceLifecycle
import Synchronization
import VisitorAPI
import WaitingRoom

/// Moves the lines: an admission step per room at its `admission_interval`, a cleaning every five seconds, a look at the
/// room at least each second, and after each of these word to those who wait. Where an event of a room's schedule begins
/// or ends by the store's clock, it sets the limits that hold from then on.
final class LineWorker: Service {
    private let store: any QueueStore
    private let flusher: ActivityFlusher
    private let monitor: RoomMonitor
    private let metrics: LineMetrics
    private let desks: [VisitorDesk]
    private let clock: @Sendable () -> Timestamp
    private let logger: Logger
    private let rooms: Mutex<[RoomSchedule]>
    private let looks = Mutex(Looks())
    private let conduct: @Sendable (RoomSettings, Timestamp) -> Void
    /// How often silent positions and idle sessions are looked for.
    private static let cleaningInterval = Duration.seconds(5)
    /// How old what the gate goes by may be where the line moves more slowly.
    private static let lookInterval = Duration.seconds(1)

    /// - Parameter conduct: told after each step which settings are in force, and the store's time.
    init(
        store: any QueueStore, rooms: [RoomSchedule], flusher: ActivityFlusher,
        monitor: RoomMonitor, metrics: LineMetrics, desks: [VisitorDesk], clock: @escaping @Sendable () -> Timestamp,
        conduct: @escaping @Sendable (RoomSettings, Timestamp) -> Void, logger: Logger
    ) {
        self.store = store
        self.flusher = flusher
        self.rooms = Mutex(rooms)
        self.monitor = monitor
        self.metrics = metrics
        self.desks = desks
        self.clock = clock
        self.conduct = conduct
        self.logger = logger
    }

    /// New rooms begin to move, and changed intervals count, from the next step on.
    func apply(_ rooms: [RoomSchedule]) { self.rooms.withLock { $0 = rooms } }

    /// As they hold now.
    var currentRooms: [RoomSettings] {
        let now = clock()
        return rooms.withLock { $0 }.map { $0.settings(at: now) }
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await self.work()
        }
    }

    // MARK: What the gate goes by

    /// Orders what the store says of a room: of two answers the one that was asked for later counts, whichever comes last.
    private struct Looks {
        /// Counts the questions.
        var begun = 0
        /// Which of them the gate goes by.
        var adopted: [RoomID: Int] = [:]
    }

    /// To be called before the store is asked for the facts that `adopt` then takes.
    private func beginLook() -> Int {
        looks.withLock { looks in
            looks.begun += 1
            return looks.begun
        }
    }

    private func adopt(_ facts: RoomFacts, of look: Int) {
        looks.withLock { looks in
            guard look > looks.adopted[facts.settings.id] ?? 0 else { return }
            looks.adopted[facts.settings.id] = look
            conduct(facts.settings, facts.time)
            monitor.observe(facts, at: clock())
        }
    }

    /// Brings what the gate goes by up to date, after a change that a caller must find in force at once. Where the store
    /// does not answer, the next step does it.
    func look(at room: RoomID) async {
        let look = beginLook()
        guard let facts = try? await store.facts(of: room) else { return }
        adopt(facts, of: look)
    }

    // MARK: Steps

    private struct Progress {
        var nextStep: ContinuousClock.Instant
        var nextCleaning: ContinuousClock.Instant
        var nextLook: ContinuousClock.Instant
        var shown: RoomFacts?
        /// What held by the room's schedule at the last step.
        var settings: RoomSettings?
        var isFailing = false
        /// Whether the store's limits were last seen to be others than this gate's.
        var differs = false
    }

    private func work() async {
        let clock = ContinuousClock()
        var progresses: [RoomID: Progress] = [:]
        while !Task.isCancelled {
            var wake = clock.now + .seconds(1)
            for schedule in rooms.withLock({ $0 }) {
                let now = clock.now
                var progress = progresses[schedule.id] ?? Progress(nextStep: now, nextCleaning: now, nextLook: now)
                let interval = Duration.milliseconds(max(50, schedule.base.admissionInterval.count))
                let admits = progress.nextStep <= now
                if admits {
                    // A fixed rate: a late step does not put off those after it. One that was missed is not repeated.
                    progress.nextStep += interval
                    if progress.nextStep <= now { progress.nextStep = now + interval }
                }
                let isSlow = interval > Self.lookInterval
                if admits || (isSlow && progress.nextLook <= now) {
                    progress.nextLook = now + Self.lookInterval
                    await step(schedule, &progress, now, admits: admits)
                }
                wake = min(wake, isSlow ? min(progress.nextLook, progress.nextStep) : progress.nextStep)
                progresses[schedule.id] = progress
            }
            try? await clock.sleep(until: wake)
        }
    }

    private func step(
        _ schedule: RoomSchedule, _ progress: inout Progress, _ now: ContinuousClock.Instant, admits: Bool
    ) async {
        let room = schedule.id
        do throws(StoreError) {
            if progress.nextCleaning <= now {
                progress.nextCleaning = now + Self.cleaningInterval
                // Nobody is taken for silent because of a sign of life that still lies with an event loop.
                await flusher.flush()
                let start = ContinuousClock.now
                _ = try await store.clean(in: room)
                metrics.cleaned(in: .now - start)
            }
            if admits { metrics.admitted(try await store.admit(in: room), in: room) }
            var look = beginLook()
            var facts = try await store.facts(of: room)
            let settings = schedule.settings(at: facts.time)
            if settings != progress.settings ?? facts.configured {
                try await store.configure([settings])
                look = beginLook()
                facts = try await store.facts(of: room)
            }
            progress.settings = settings
            adopt(facts, of: look)
            if (facts.configured != settings) != progress.differs {
                progress.differs.toggle()
                if progress.differs {
                    logger.warning(
                        "Another gate has set other limits of a room, and they are in force: make its files the same",
                        metadata: [
                            "queue_id": "\(room)", "status": "\(facts.configured.status.rawValue)",
                            "own_status": "\(settings.status.rawValue)",
                        ])
                }
            }
            if progress.isFailing {
                progress.isFailing = false
                logger.notice("The line moves again", metadata: ["queue_id": "\(room)"])
            }
            guard facts.eventSequence != progress.shown?.eventSequence || facts.phase != progress.shown?.phase else {
                return
            }
            progress.shown = facts
            for desk in desks { Task { await desk.refresh(room) } }
        } catch {
            if error.code == .elsewhere { return }
            if !progress.isFailing {
                progress.isFailing = true
                logger.error(
                    "The line does not move: the store refused a step",
                    metadata: ["queue_id": "\(room)", "error": "\(error)"])
            }
        }
    }
}
