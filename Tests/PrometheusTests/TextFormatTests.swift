import Testing

@testable import Prometheus

@Suite("The text format 0.0.4")
struct TextFormatTests {
    @Test("A family has its help, its type, and its label sets in the order in which they were made")
    func family() throws {
        let registry = PrometheusCollectorRegistry()
        try registry.makeCounter(name: "shop_b_total", labels: [("room", "z"), ("code", "200")], help: "Requests.")
            .increment(by: 3 as Int64)
        try registry.makeCounter(name: "shop_b_total", labels: [("room", "a"), ("code", "200")]).increment()
        try registry.makeGauge(name: "shop_a", help: "Visitors.").set(2.5)
        #expect(
            registry.text == """
                # HELP shop_a Visitors.
                # TYPE shop_a gauge
                shop_a 2.5
                # HELP shop_b_total Requests.
                # TYPE shop_b_total counter
                shop_b_total{room="z",code="200"} 3
                shop_b_total{room="a",code="200"} 1

                """)
    }

    @Test("A metric without help has no HELP line")
    func withoutHelp() throws {
        let registry = PrometheusCollectorRegistry()
        _ = try registry.makeGauge(name: "up")
        #expect(registry.text == "# TYPE up gauge\nup 0\n")
    }

    @Test(
        "Label values are escaped",
        arguments: [
            ("plain", "plain"), (#"a\b"#, #"a\\b"#), (#"say "hi""#, #"say \"hi\""#), ("two\nlines", #"two\nlines"#),
            ("čaj 茶", "čaj 茶"), ("\r\n", "\r\\n"), ("", ""),
        ])
    func labelValue(value: String, written: String) throws {
        let registry = PrometheusCollectorRegistry()
        _ = try registry.makeGauge(name: "up", labels: [("name", value)])
        #expect(registry.text == "# TYPE up gauge\nup{name=\"\(written)\"} 0\n")
    }

    @Test("Line feeds and backslashes in help are escaped, quotes are not")
    func help() throws {
        let registry = PrometheusCollectorRegistry()
        _ = try registry.makeGauge(name: "up", help: "a \"b\" \\ c\nup 7")
        #expect(registry.text == "# HELP up a \"b\" \\\\ c\\nup 7\n# TYPE up gauge\nup 0\n")
    }

    @Test(
        "Numbers are written as Prometheus reads them",
        arguments: [
            (0, "0"), (-0.0, "0"), (1, "1"), (-3, "-3"), (0.1, "0.1"), (1e-7, "1e-07"),
            (9_007_199_254_740_991, "9007199254740991"),
            (1e300, "1e+300"), (.infinity, "+Inf"), (-.infinity, "-Inf"), (.nan, "NaN"),
        ] as [(Double, String)])
    func number(value: Double, written: String) throws {
        let registry = PrometheusCollectorRegistry()
        try registry.makeGauge(name: "up").set(value)
        #expect(registry.text == "# TYPE up gauge\nup \(written)\n")
    }

    @Test("Buckets are cumulative, include their bound, and end with +Inf, which equals the count")
    func histogram() throws {
        let registry = PrometheusCollectorRegistry()
        let histogram = try registry.makeDurationHistogram(
            name: "wait_seconds", labels: [("room", "a")], buckets: [.seconds(1), .milliseconds(100)], help: "Waits.")
        for milliseconds in [50, 100, 101, 1000, 2000] { histogram.observe(.milliseconds(milliseconds)) }
        #expect(
            registry.text == """
                # HELP wait_seconds Waits.
                # TYPE wait_seconds histogram
                wait_seconds_bucket{room="a",le="0.1"} 2
                wait_seconds_bucket{room="a",le="1"} 4
                wait_seconds_bucket{room="a",le="+Inf"} 5
                wait_seconds_sum{room="a"} 3.251
                wait_seconds_count{room="a"} 5

                """)
    }

    @Test("A histogram without labels or buckets still counts")
    func plainHistogram() throws {
        let registry = PrometheusCollectorRegistry()
        try registry.makeValueHistogram(name: "size", buckets: []).observe(4)
        #expect(
            registry.text == "# TYPE size histogram\nsize_bucket{le=\"+Inf\"} 1\nsize_sum 4\nsize_count 1\n")
    }
}

extension PrometheusCollectorRegistry {
    /// What `emit` writes.
    var text: String {
        var buffer: [UInt8] = []
        emit(into: &buffer)
        return String(decoding: buffer, as: UTF8.self)
    }
}
