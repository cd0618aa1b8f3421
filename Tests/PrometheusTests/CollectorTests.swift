import Testing

@testable import Prometheus

@Suite("Collectors")
struct CollectorTests {
    @Test("A collector's values are read at each scrape")
    func collector() {
        let registry = PrometheusCollectorRegistry()
        registry.addCollector { writer in
            writer.gauge("length", help: "Waiting.", labels: [("queue_id", "a")], value: 7)
            writer.counter("seen_total", value: UInt64.max)
        }
        #expect(
            registry.text == """
                # HELP length Waiting.
                # TYPE length gauge
                length{queue_id="a"} 7
                # TYPE seen_total counter
                seen_total 1.8446744073709552e+19

                """)
    }

    @Test("Several collectors, and instruments too, may fill one family, which is written once")
    func shared() throws {
        let registry = PrometheusCollectorRegistry()
        try registry.makeCounter(name: "a", labels: [("x", "0")], help: "All.").increment()
        registry.addCollector { $0.counter("a", labels: [("x", "1")], value: 1) }
        registry.addCollector { $0.counter("b", value: 2) }
        registry.addCollector { $0.counter("a", help: "Other.", labels: [("x", "2")], value: 3) }
        #expect(
            registry.text == """
                # HELP a All.
                # TYPE a counter
                a{x="0"} 1
                a{x="1"} 1
                a{x="2"} 3
                # TYPE b counter
                b 2

                """)
    }

    @Test("Counts that loops kept apart are merged")
    func merge() {
        var first = HistogramCounts(bounds: [1, 10])
        var second = first
        for value in [0.5, 1, 5] { first.observe(value) }
        for value in [5, 50, Double.nan] { second.observe(value) }
        let merged = first.merge(second)
        #expect(merged)
        #expect(first.counts == [2, 2, 1])
        #expect(first.sum == 61.5)
        let mergedOther = first.merge(HistogramCounts(bounds: [1]))
        #expect(!mergedOther)
        #expect(first.count == 5)
    }

    @Test("Bounds are put in order, once each, and finite")
    func bounds() {
        #expect(HistogramCounts(bounds: [5, 1, .nan, .infinity, 5, -.infinity]).bounds == [1, 5])
    }

    @Test("What must be waited for is gathered for a scrape, in the order of the collectors")
    func gather() async {
        let registry = PrometheusCollectorRegistry()
        registry.addCollector {
            await Task.yield()
            return 1
        } write: { value, writer in
            writer.gauge("a", labels: [("x", "1")], value: value)
        }
        registry.addCollector {
            2.5
        } write: { value, writer in
            writer.gauge("a", labels: [("x", "2")], value: value)
        }
        let text = String(decoding: await registry.gather(), as: UTF8.self)
        #expect(text == "# TYPE a gauge\na{x=\"1\"} 1\na{x=\"2\"} 2.5\n")
        #expect(registry.text == "")
    }

    @Test("What the format does not allow is left out, and counted")
    func rejected() {
        let registry = PrometheusCollectorRegistry(labelSetLimit: 2)
        registry.addCollector { writer in
            writer.gauge("a", value: 1)
            writer.gauge("a", value: 2)
            writer.counter("a", labels: [("x", "1")], value: 3)
            writer.gauge("bad name", value: 4)
            writer.gauge("b", labels: [("__x", "")], value: 5)
            writer.histogram("a", HistogramCounts(bounds: []))
            for number in 0..<3 { writer.gauge("c", labels: [("x", "\(number)")], value: number) }
        }
        let expected = { (rejected: Int) in
            """
            # TYPE a gauge
            a 1
            # TYPE c gauge
            c{x="0"} 0
            c{x="1"} 1
            # HELP metrics_rejected_total Instruments and samples that were left out of /metrics.
            # TYPE metrics_rejected_total counter
            metrics_rejected_total \(rejected)

            """
        }
        #expect(registry.text == expected(6))
        #expect(registry.text == expected(12))
    }
}
