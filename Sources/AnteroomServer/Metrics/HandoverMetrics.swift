import Prometheus
import VisitorAPI
import WaitingRoom

/// The metric of places that move to other devices.
enum HandoverMetrics {
    static func write(
        _ totals: [RoomID: [HandoverTotals.Outcome: Int]], of rooms: [RoomID], _ writer: inout MetricsWriter
    ) {
        for room in rooms {
            for outcome in HandoverTotals.Outcome.allCases {
                writer.counter(
                    "waiting_room_handovers_total",
                    help: "Codes to move a place to another device that were made or brought, by what became of it.",
                    labels: [("queue_id", room.text), ("outcome", outcome.rawValue)],
                    value: totals[room]?[outcome] ?? 0)
            }
        }
    }
}
