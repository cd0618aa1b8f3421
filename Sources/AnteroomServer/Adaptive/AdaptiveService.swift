import Logging
import QueueStore
import RoomConfiguration
import ServiceLifecycle
import Synchronization
import VisitorAPI
import WaitingRoom

/// Has the rates of rooms with `adaptive` follow what their origins bear: reads what the event loops have counted, has each
/// room's controller judge it, and asks the store for the change.
final class AdaptiveService: Service {
    private struct Watch {
        var settings: AdaptiveSettings
        var nextReading: ContinuousClock.Instant
        var meter = OriginMeter()
        var controller = AdmissionController()
    }

    private let store: any QueueStore
    private let rules: Mutex<[RoomRule]>
    private let monitor: RoomMonitor
    private let metrics: AdaptiveMetrics
    private let origins: @Sendable () async -> [String: OriginCounts]
    private let logger: Logger
    private static let beat = Duration.milliseconds(250)

    /// - Parameter origins: what this gate has counted at the origins, by `queue_id`.
    init(
        store: any QueueStore, rules: [RoomRule], monitor: RoomMonitor, metrics: AdaptiveMetrics,
        origins: @escaping @Sendable () async -> [String: OriginCounts], logger: Logger
    ) {
        self.store = store
        self.rules = Mutex(rules)
        self.monitor = monitor
        self.metrics = metrics
        self.origins = origins
        self.logger = logger
    }

    func apply(_ rules: [RoomRule]) { self.rules.withLock { $0 = rules } }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var watches: [RoomID: Watch] = [:]
            while !Task.isCancelled {
                await self.beat(&watches)
                try? await Task.sleep(for: Self.beat)
            }
        }
    }

    private func beat(_ watches: inout [RoomID: Watch]) async {
        let rules = rules.withLock { $0 }
        let now = ContinuousClock.now
        var due: [RoomID] = []
        for rule in rules {
            let room = rule.settings.id
            guard let settings = rule.adaptive else {
                if watches.removeValue(forKey: room) != nil { metrics.forget(room) }
                await end(in: room)
                continue
            }
            if watches[room]?.settings != settings { watches[room] = Watch(settings: settings, nextReading: now) }
            guard let next = watches[room]?.nextReading, next <= now else { continue }
            watches[room]?.nextReading = max(next, now - Self.beat) + .milliseconds(settings.interval.count)
            due.append(room)
        }
        guard !due.isEmpty else { return }
        let counts = await origins()
        for room in due {
            guard var watch = watches[room] else { continue }
            await judge(&watch, counts[room.text] ?? OriginCounts(), in: room, at: now)
            watches[room] = watch
        }
    }

    private func judge(
        _ watch: inout Watch, _ counts: OriginCounts, in room: RoomID, at now: ContinuousClock.Instant
    ) async {
        guard let facts = monitor.snapshot(of: room)?.facts else { return }
        let reading = watch.meter.read(counts, at: now, under: watch.settings)
        guard case .sample(let sample) = reading else { return }
        // What an operator has set is tried, whatever the origin bears; it says nothing of the rate beneath.
        guard facts.overrides?.values.queueRate == nil else {
            watch.controller = AdmissionController()
            return
        }
        let ceiling = facts.configured.queueRate
        let verdict = watch.controller.judge(
            sample, at: facts.settings.queueRate, below: ceiling, under: watch.settings)
        tell(verdict != .unknown, of: sample, in: room)
        switch verdict {
        case .lower(let rate, let reason): await change(to: rate, reason, facts, watch.settings)
        case .distress(let reason): await change(to: facts.adapted?.rate, reason, facts, watch.settings)
        case .raise(let rate): await change(to: rate, .recovered, facts, watch.settings)
        case .hold, .unknown: break
        }
    }

    private func tell(_ isJudged: Bool, of sample: OriginSample, in room: RoomID) {
        guard metrics.judged(isJudged, in: room) else { return }
        let metadata: Logger.Metadata = ["queue_id": "\(room)", "requests": "\(sample.requests)"]
        if isJudged {
            logger.info("The rate follows the origin again", metadata: metadata)
        } else {
            logger.info("The rate stays: too few requests to judge the origin by", metadata: metadata)
        }
    }

    private func change(
        to rate: Rate?, _ reason: AdaptationReason, _ facts: RoomFacts, _ settings: AdaptiveSettings
    ) async {
        await adapt(
            RateChange(to: rate, reason, from: facts.adapted, every: settings.interval), in: facts.settings.id)
    }

    /// A rate that was adapted before the room's file said so no more goes back to what is configured.
    private func end(in room: RoomID) async {
        guard let adapted = monitor.snapshot(of: room)?.facts.adapted else { return }
        await adapt(RateChange(to: nil, .off, from: adapted, every: .seconds(0)), in: room)
    }

    private func adapt(_ change: RateChange, in room: RoomID) async {
        // A store that is away has other troubles; the next sample comes.
        guard (try? await store.adapt(change, in: room)) == true else { return }
        metrics.changed(change.reason, in: room)
        logger.notice(
            "The rate follows the origin",
            metadata: [
                "queue_id": "\(room)", "reason": "\(change.reason.text)",
                "per_second": "\(change.rate.map { "\($0.perSecond)" } ?? "as configured")",
            ])
    }
}
