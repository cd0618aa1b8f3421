import Prometheus
import VisitorAPI
import WaitingRoom

/// The metrics of the limits per address and token (docs/ABUSE.md).
enum LimitMetrics {
    static func write(_ totals: [RoomID: CallLimits.Totals], of rooms: [RoomID], _ writer: inout MetricsWriter) {
        for room in rooms {
            let totals = totals[room]
            for refusal in CallLimits.Refusal.allCases {
                writer.counter(
                    "anteroom_rate_limited_total", help: "Visitors who were refused for a limit, by the limit.",
                    labels: [("queue_id", room.text), ("limit", refusal.name)], value: totals?.refused[refusal] ?? 0)
            }
            writer.counter(
                "anteroom_rate_uncounted_total",
                help: "Calls that passed a limit uncounted, because the gate's table of callers was full.",
                labels: [("queue_id", room.text)], value: totals?.uncounted ?? 0)
        }
    }
}
