import AbuseGuard
import Prometheus
import WaitingRoom

/// The metrics of challenges (docs/OPERATIONS.md). Rooms come from the configuration, the other labels from fixed sets.
enum AbuseMetrics {
    static func write(_ abuse: AbuseWatch, _ writer: inout MetricsWriter) {
        for (key, count) in abuse.challenges {
            writer.counter(
                "anteroom_challenges_total", help: "Challenges by why they were asked for and what became of them.",
                labels: [
                    ("queue_id", key.room.text), ("reason", key.reason.name), ("outcome", key.outcome.rawValue),
                ], value: count)
        }
        for (room, signals) in abuse.signals {
            for (signal, count) in signals {
                writer.counter(
                    "anteroom_abuse_signals_total", help: "Signs of programs in those who wanted to join or polled.",
                    labels: [("queue_id", room.text), ("signal", signal.rawValue)], value: count)
            }
        }
    }
}
