import EdgeProxy
import Prometheus

/// The metrics of what a process may take up (docs/OPERATIONS.md).
enum OverloadMetrics {
    static func write(_ ledger: ConnectionLedger, _ memory: OverloadWatch.Memory, _ writer: inout MetricsWriter) {
        writer.gauge(
            "anteroom_accepting", help: "0 while nobody new is accepted because descriptors or memory are scarce.",
            value: ledger.shortage == nil ? 1 : 0)
        writer.gauge(
            "anteroom_connections_limit", help: "Visitors' connections that the process's descriptors allow.",
            value: ledger.budget)
        writer.gauge("anteroom_memory_resident_bytes", help: "Memory of the process.", value: memory.resident)
        if let limit = memory.limit {
            writer.gauge("anteroom_memory_limit_bytes", help: "gate.limits.memory, in force.", value: limit)
        }
    }
}
