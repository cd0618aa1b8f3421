import EdgeProxy
import NIOCore
import Prometheus
import Synchronization
import VisitorAPI

/// The metrics of the proxy (docs/OPERATIONS.md), merged from the event loops' own counters when Prometheus asks.
enum ProxyMetrics {
    struct Merged: Sendable {
        var requests: [LoopCounters.Key: Int] = [:]
        var shadowed: [LoopCounters.ShadowKey: Int] = [:]
        var requestDuration = HistogramCounts(bounds: DurationCounts.bounds)
        /// By label.
        var origins: [OriginCounts] = []
        var connections = 0
        var refusals: [ConnectionLedger.Refusal: Int] = [:]
        var shed = 0
        var http2Streams = 0
        var upstreamConnections = 0
        var upstreamReused = 0
        var upstreamRetries = 0
        var upstreams: [String: Upstream] = [:]
        var accessLogDropped = 0
        var rooms: [String] = []
    }

    /// One origin as all loops together see it.
    struct Upstream: Sendable {
        /// Loops (times sets of health settings) that send requests there, and all of them.
        var isIn = 0
        var loops = 0
        var counts = EndpointCounts()
    }

    static func gather(_ loops: [LoopHandle], labels: LabelTable, accessLog: AccessLogWriter) async -> Merged {
        var merged = Merged()
        merged.accessLogDropped = accessLog.dropped
        merged.rooms = labels.names
        merged.origins = Array(repeating: OriginCounts(), count: merged.rooms.count)
        for handle in loops {
            let found = try? await handle.eventLoop.submit {
                handle.gate.value.counters.settle()
                return (handle.gate.value.counters, handle.gate.value.endpointReports)
            }.get()
            guard let (counters, endpoints) = found else { continue }
            for report in endpoints { merged.upstreams[report.endpoint.name, default: Upstream()].add(report) }
            merged.requests.merge(counters.requests, uniquingKeysWith: +)
            merged.shadowed.merge(counters.shadowed, uniquingKeysWith: +)
            merged.requestDuration.add(counters.requestDuration)
            for (label, durations) in counters.upstreamDurations.enumerated() where label < merged.origins.count {
                merged.origins[label].durations.add(durations)
            }
            for (label, latencies) in counters.latencies.enumerated() where label < merged.origins.count {
                merged.origins[label].latencies.add(latencies)
            }
            merged.connections += counters.connections
            merged.refusals.merge(counters.refusals, uniquingKeysWith: +)
            merged.shed += counters.shed
            merged.http2Streams += counters.http2Streams
            merged.upstreamConnections += counters.upstreamConnections
            merged.upstreamReused += counters.upstreamReused
            merged.upstreamRetries += counters.upstreamRetries
        }
        for (key, count) in merged.requests where key.label < merged.origins.count {
            merged.origins[key.label].add(count, of: key)
        }
        return merged
    }

    static func write(_ merged: Merged, _ writer: inout MetricsWriter) {
        for (key, count) in merged.requests {
            let room = key.label < merged.rooms.count ? merged.rooms[key.label] : ""
            writer.counter(
                "anteroom_requests_total", help: "Requests by room, what became of them, and status code.",
                labels: [("queue_id", room), ("outcome", key.outcome.name), ("code", "\(key.code)")], value: count)
        }
        for (key, count) in merged.shadowed {
            let room = key.label < merged.rooms.count ? merged.rooms[key.label] : ""
            writer.counter(
                "anteroom_shadow_total",
                help: "Requests that were let through because the room is in shadow, by what would have kept them out.",
                labels: [("queue_id", room), ("decision", key.decision.name)], value: count)
        }
        writer.histogram(
            "anteroom_request_duration_seconds", help: "From a request's head to the end of its answer.",
            merged.requestDuration)
        writer.histogram(
            "anteroom_upstream_duration_seconds", help: "From handing a request to the origin to its answer's head.",
            merged.origins.reduce(into: HistogramCounts(bounds: DurationCounts.bounds)) { $0.merge($1.durations) })
        writer.gauge("anteroom_connections", help: "Open connections of visitors.", value: merged.connections)
        for reason in ConnectionLedger.Refusal.allCases {
            writer.counter(
                "anteroom_connections_refused_total", help: "Connections that were closed before their first request.",
                labels: [("reason", reason.rawValue)], value: merged.refusals[reason] ?? 0)
        }
        writer.counter(
            "anteroom_connections_shed_total", help: "Connections without a request that were closed to make room.",
            value: merged.shed)
        writer.counter(
            "anteroom_http2_streams_total", help: "Streams that visitors opened in HTTP/2.", value: merged.http2Streams)
        writer.gauge(
            "anteroom_upstream_connections", help: "Open connections to origins.", value: merged.upstreamConnections)
        writer.counter(
            "anteroom_upstream_reused_total", help: "Requests sent over a connection that was open already.",
            value: merged.upstreamReused)
        writer.counter(
            "anteroom_upstream_retries_total", help: "Requests sent again after an idle connection turned out closed.",
            value: merged.upstreamRetries)
        for (name, upstream) in merged.upstreams.sorted(by: { $0.key < $1.key }) { write(upstream, name, &writer) }
        writer.counter(
            "anteroom_access_log_dropped_total", help: "Blocks of access log lines that the file could not take.",
            value: merged.accessLogDropped)
    }
}

extension ProxyMetrics {
    private static func write(_ upstream: Upstream, _ name: String, _ writer: inout MetricsWriter) {
        let labels = [("upstream", name)]
        writer.gauge(
            "anteroom_upstream_up", help: "The share of the event loops that send requests to an origin: 1 is all.",
            labels: labels, value: Double(upstream.isIn) / Double(max(1, upstream.loops)))
        writer.counter(
            "anteroom_upstream_ejections_total",
            help: "How often an event loop stopped sending requests to an origin because several in a row failed.",
            labels: labels, value: upstream.counts.ejections)
        for kind in UpstreamFailure.Kind.allCases {
            writer.counter(
                "anteroom_upstream_failures_total",
                help: "Requests, and trials of an origin that was out, that failed through the origin.",
                labels: labels + [("reason", kind.name)], value: upstream.counts.failures[kind.rawValue])
        }
    }
}

extension ProxyMetrics.Upstream {
    fileprivate mutating func add(_ report: EndpointReport) {
        isIn += report.isIn ? 1 : 0
        loops += 1
        counts.ejections += report.counts.ejections
        for (index, count) in report.counts.failures.enumerated() { counts.failures[index] += count }
    }
}

extension HistogramCounts {
    /// Adds what a loop has counted.
    mutating func add(_ counts: DurationCounts) {
        merge(
            HistogramCounts(
                bounds: DurationCounts.bounds, counts: counts.buckets.map { UInt64($0) },
                sum: Double(counts.sumMicroseconds) / 1_000_000))
    }
}
