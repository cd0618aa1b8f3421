import CoreMetrics
import Testing

@testable import Prometheus

@Suite("The backend of swift-metrics")
struct FactoryTests {
    let registry = PrometheusCollectorRegistry(labelSetLimit: 2)

    @Test("Counters, meters, recorders and timers become counters, gauges and histograms")
    func types() {
        var factory = PrometheusMetricsFactory(registry: registry)
        factory.durationHistogramBuckets["t"] = [.seconds(1)]
        factory.defaultValueHistogramBuckets = [10]
        CoreMetrics.Counter(label: "c", dimensions: [("x", "1")], factory: factory).increment(by: 2)
        FloatingPointCounter(label: "f", factory: factory).increment(by: 0.25)
        Meter(label: "m", factory: factory).set(3)
        Recorder(label: "r", dimensions: [], aggregate: true, factory: factory).record(11)
        Recorder(label: "s", dimensions: [], aggregate: false, factory: factory).record(5)
        Timer(label: "t", dimensions: [], factory: factory).recordMilliseconds(1500)
        #expect(
            registry.text == """
                # TYPE c counter
                c{x="1"} 2
                # TYPE f counter
                f 0.25
                # TYPE m gauge
                m 3
                # TYPE r histogram
                r_bucket{le="10"} 0
                r_bucket{le="+Inf"} 1
                r_sum 11
                r_count 1
                # TYPE s gauge
                s 5
                # TYPE t histogram
                t_bucket{le="1"} 0
                t_bucket{le="+Inf"} 1
                t_sum 1.5
                t_count 1

                """)
    }

    @Test(
        "Names that Prometheus does not know are sanitised",
        arguments: [("http.server/latency", "http_server_latency"), ("2xx", "_2xx"), ("", "_"), ("čaj", "_aj")])
    func names(label: String, name: String) {
        let factory = PrometheusMetricsFactory(registry: registry)
        CoreMetrics.Counter(label: label, factory: factory).increment()
        #expect(registry.text == "# TYPE \(name) counter\n\(name) 1\n")
    }

    @Test("Dimensions are sanitised, reserved names among them, and a repeated one counts once")
    func dimensions() {
        let factory = PrometheusMetricsFactory(registry: registry)
        let dimensions = [("__a", "1"), ("le", "2"), ("b.c", "3"), ("b-c", "4")]
        CoreMetrics.Counter(label: "c", dimensions: dimensions, factory: factory).increment()
        #expect(registry.text == "# TYPE c counter\nc{_a=\"1\",exported_le=\"2\",b_c=\"3\"} 1\n")
    }

    @Test("A metric that is not taken can be used, leads nowhere and is counted")
    func refused() {
        let factory = PrometheusMetricsFactory(registry: registry)
        CoreMetrics.Counter(label: "a", factory: factory).increment()
        Meter(label: "a", factory: factory).set(9)
        Timer(label: "a", dimensions: [], factory: factory).recordSeconds(9)
        for number in 0..<3 { Meter(label: "m", dimensions: [("x", "\(number)")], factory: factory).set(1) }
        #expect(
            registry.text == """
                # TYPE a counter
                a 1
                # TYPE m gauge
                m{x="0"} 1
                m{x="1"} 1
                # HELP metrics_rejected_total Instruments and samples that were left out of /metrics.
                # TYPE metrics_rejected_total counter
                metrics_rejected_total 3

                """)
    }

    @Test("A destroyed metric is gone")
    func destroy() {
        let factory = PrometheusMetricsFactory(registry: registry)
        let timer = Timer(label: "t", dimensions: [], factory: factory)
        timer.recordSeconds(1)
        timer.destroy()
        Meter(label: "m", factory: factory).destroy()
        #expect(registry.text == "")
    }
}
