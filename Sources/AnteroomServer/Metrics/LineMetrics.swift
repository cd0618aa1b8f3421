import Prometheus
import QueueStore
import Synchronization
import VisitorAPI
import WaitingRoom

/// The metrics of the lines (docs/OPERATIONS.md): totals from the store's facts, histograms from what the worker saw.
final class LineMetrics: Sendable {
    private struct State {
        var waits: [RoomID: HistogramCounts] = [:]
        var cleaning = HistogramCounts(bounds: LineMetrics.cleaningBounds)
        var promises: [RoomID: Promises] = [:]
    }

    private struct Promises {
        var open: [PositionID: WaitPromise] = [:]
        var error = HistogramCounts(bounds: LineMetrics.errorBounds)
        var verdicts: [PromiseOutcome.Verdict: Int] = [:]
    }

    private let state = Mutex(State())
    private let monitor: RoomMonitor
    private static let waitBounds: [Double] = [1, 2, 5, 10, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14_400]
    private static let cleaningBounds: [Double] = [0.0001, 0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5]
    private static let errorBounds: [Double] = [-3600, -600, -300, -60, -30, -10, 0, 10, 30, 60, 300, 600, 3600]
    /// Promises that are kept for comparison, per room; beyond it joins go unmeasured.
    private static let promiseLimit = 100_000

    init(monitor: RoomMonitor) { self.monitor = monitor }

    func cleaned(in duration: Duration) {
        state.withLock { $0.cleaning.observe(duration / .seconds(1)) }
    }

    func admitted(_ report: AdmissionReport, in room: RoomID) {
        guard !report.waits.isEmpty else { return }
        state.withLock { state in
            for wait in report.waits {
                state.waits[room, default: HistogramCounts(bounds: Self.waitBounds)].observe(wait.seconds)
            }
        }
    }

    /// Compares each promised wait with what happened.
    func observe(_ events: [RoomEvent]) {
        for event in events {
            switch event.change {
            case .positionEnqueued(let position, _): promise(position, at: event.time)
            case .positionAdmitted(let id, _): keep(id, in: event.room, at: event.time)
            case .positionExpired(let id), .positionLeft(let id), .positionTerminated(let id, _):
                state.withLock { _ = $0.promises[event.room]?.open.removeValue(forKey: id) }
            case .positionHandedOver(let id, let heir):
                state.withLock { state in
                    guard let promise = state.promises[event.room]?.open.removeValue(forKey: id) else { return }
                    state.promises[event.room]?.open[heir] = promise
                }
            default: break
            }
        }
    }

    private func promise(_ position: QueuePosition, at time: Timestamp) {
        guard let snapshot = monitor.snapshot(of: position.queueID),
            let estimate = snapshot.estimate(rank: snapshot.facts.waiting + 1)
        else { return }
        state.withLock { state in
            var promises = state.promises[position.queueID] ?? Promises()
            if promises.open.count < Self.promiseLimit {
                promises.open[position.id] = WaitPromise(madeAt: time, estimate: estimate)
            }
            state.promises[position.queueID] = promises
        }
    }

    private func keep(_ id: PositionID, in room: RoomID, at time: Timestamp) {
        state.withLock { state in
            guard let promise = state.promises[room]?.open.removeValue(forKey: id) else { return }
            let outcome = promise.outcome(admittedAt: time)
            state.promises[room]?.error.observe(outcome.errorSeconds)
            state.promises[room]?.verdicts[outcome.verdict, default: 0] += 1
        }
    }

    func write(_ writer: inout MetricsWriter) {
        let state = state.withLock { $0 }
        for snapshot in monitor.all { write(snapshot.facts, state, &writer) }
        writer.histogram(
            "waiting_room_cleanup_duration_seconds", help: "Time that one cleaning of a room took.", state.cleaning)
    }

    private func write(_ facts: RoomFacts, _ state: State, _ writer: inout MetricsWriter) {
        let id = facts.settings.id
        let labels = [("queue_id", id.text)]
        writer.gauge("waiting_room_queue_length", help: "Visitors who wait.", labels: labels, value: facts.waiting)
        writer.gauge(
            "waiting_room_admitted_positions", help: "Admitted visitors who have not made a request yet.",
            labels: labels, value: facts.admitted)
        writer.gauge(
            "waiting_room_active_sessions", help: "Visitors who are through.", labels: labels,
            value: facts.activeSessions)
        writer.gauge(
            "waiting_room_max_active_users", help: "Slots.", labels: labels, value: facts.settings.maxActiveUsers)
        writer.counter(
            "waiting_room_enqueued_total", help: "Positions made.", labels: labels, value: facts.enqueuedTotal)
        writer.counter(
            "waiting_room_admitted_total", help: "Positions admitted.", labels: labels, value: facts.admittedTotal)
        writer.counter(
            "waiting_room_abandoned_total", help: "Positions that expired or left while waiting.", labels: labels,
            value: facts.abandonedTotal)
        writer.counter(
            "waiting_room_removed_total", help: "Positions that an operator took out of the line.", labels: labels,
            value: facts.removedTotal)
        writer.counter(
            "waiting_room_positions_expired_total", help: "Positions that expired.", labels: labels,
            value: facts.expiredTotal)
        writer.counter(
            "waiting_room_returned_total", help: "Positions of those who came back after a missed turn.",
            labels: labels, value: facts.returnedTotal)
        writer.counter(
            "waiting_room_passes_used_total", help: "Places that passes gave or moved up.", labels: labels,
            value: facts.passesUsedTotal)
        writer.counter(
            "waiting_room_heartbeats_received_total",
            help: "Signs of life of waiting visitors, at most one a second each.",
            labels: labels, value: facts.heartbeatsTotal)
        for status in RoomStatus.allCases {
            writer.gauge(
                "waiting_room_status", help: "1 for the status that the room has.",
                labels: labels + [("status", status.rawValue)], value: facts.settings.status == status ? 1 : 0)
        }
        for phase in RoomPhase.allCases {
            writer.gauge(
                "waiting_room_phase", help: "1 for where the room stands in its schedule.",
                labels: labels + [("phase", phase.rawValue)], value: facts.phase == phase ? 1 : 0)
        }
        writer.histogram(
            "waiting_room_wait_seconds", help: "How long admitted visitors had waited.", labels: labels,
            state.waits[id] ?? HistogramCounts(bounds: Self.waitBounds))
        let promises = state.promises[id] ?? Promises()
        writer.histogram(
            "waiting_room_wait_estimate_error_seconds",
            help: "True wait less the wait promised at joining; negative if it came sooner.", labels: labels,
            promises.error)
        for verdict in PromiseOutcome.Verdict.allCases {
            writer.counter(
                "waiting_room_wait_promises_total",
                help: "Promised wait ranges by where the true wait lay.",
                labels: labels + [("verdict", verdict.rawValue)], value: promises.verdicts[verdict] ?? 0)
        }
    }
}
