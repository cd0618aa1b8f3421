import NATSBus
import Prometheus

/// The metrics of the event stream (docs/OPERATIONS.md).
enum EventMetrics {
    static func write(_ status: EventBus.Status, _ writer: inout MetricsWriter) {
        writer.gauge("anteroom_nats_up", help: "1 while NATS is connected.", value: status.isConnected ? 1 : 0)
        writer.gauge(
            "anteroom_events_backlog",
            help: "Events that wait, on disk, in memory or in the shared store, to be stored by NATS.",
            value: status.backlog)
        writer.counter(
            "anteroom_events_published_total", help: "Events that NATS has stored.", value: status.published)
        writer.counter(
            "anteroom_events_lost_total", help: "Events that neither NATS nor the disk could take.",
            value: status.lost)
    }
}
