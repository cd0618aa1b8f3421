import Prometheus
import QueueStore
import Synchronization
import VisitorAPI
import WaitingRoom

/// The metrics of adaptive admission (docs/OPERATIONS.md).
final class AdaptiveMetrics: Sendable {
    private struct State {
        var changes: [RoomID: [String: Int]] = [:]
        /// Whether the last sample said enough to judge by.
        var isJudged: [RoomID: Bool] = [:]
    }

    private let state = Mutex(State())
    private let monitor: RoomMonitor

    init(monitor: RoomMonitor) { self.monitor = monitor }

    func changed(_ reason: AdaptationReason, in room: RoomID) {
        state.withLock { $0.changes[room, default: [:]][reason.name, default: 0] += 1 }
    }

    /// - Returns: whether that is news.
    func judged(_ isJudged: Bool, in room: RoomID) -> Bool {
        state.withLock { $0.isJudged.updateValue(isJudged, forKey: room) ?? true } != isJudged
    }

    func forget(_ room: RoomID) { state.withLock { $0.isJudged[room] = nil } }

    func write(_ writer: inout MetricsWriter) {
        let state = state.withLock { $0 }
        for snapshot in monitor.all {
            let room = snapshot.facts.settings.id
            writer.gauge(
                "anteroom_admission_rate", help: "Admissions a second that are in force.",
                labels: [("queue_id", room.text)], value: snapshot.facts.settings.queueRate.perSecond)
            for reason in AdaptationReason.names where state.changes[room] != nil || state.isJudged[room] != nil {
                writer.counter(
                    "anteroom_admission_rate_changes_total",
                    help: "Changes of the rate by this gate because of what the origin bears.",
                    labels: [("queue_id", room.text), ("reason", reason)],
                    value: state.changes[room]?[reason] ?? 0)
            }
            guard let isJudged = state.isJudged[room] else { continue }
            writer.gauge(
                "anteroom_adaptive_holding",
                help: "1 while the rate stays because too few requests went through this gate to judge the origin by.",
                labels: [("queue_id", room.text)], value: isJudged ? 0 : 1)
        }
    }
}
