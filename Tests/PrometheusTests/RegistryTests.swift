import Testing

@testable import Prometheus

@Suite("The registry")
struct RegistryTests {
    @Test(
        "A bad metric name is refused",
        arguments: ["", "1up", "a b", "a-b", "ä", "a\n", "up{x=\"1\"} 1\n"])
    func badName(name: String) {
        #expect(throws: MetricsError.self) { try PrometheusCollectorRegistry().makeCounter(name: name) }
    }

    @Test("A good metric name is taken", arguments: ["a", "_", ":a:b", "Up_2"])
    func goodName(name: String) throws {
        _ = try PrometheusCollectorRegistry().makeCounter(name: name)
    }

    @Test(
        "A bad, reserved or repeated label is refused",
        arguments: [["1a"], ["a:b"], ["__name__"], [""], ["a", "a"]])
    func badLabel(names: [String]) {
        let error = #expect(throws: MetricsError.self) {
            try PrometheusCollectorRegistry().makeGauge(name: "up", labels: names.map { ($0, "v") })
        }
        #expect(error?.code == .invalidLabel)
    }

    @Test("The label le is taken in a histogram, and free elsewhere")
    func le() throws {
        let registry = PrometheusCollectorRegistry()
        _ = try registry.makeGauge(name: "up", labels: [("le", "1")])
        #expect(throws: MetricsError.self) {
            try registry.makeValueHistogram(name: "size", labels: [("le", "1")], buckets: [])
        }
    }

    @Test("The same name and labels, in any order, are the same instrument")
    func same() throws {
        let registry = PrometheusCollectorRegistry()
        let first = try registry.makeCounter(name: "a_total", labels: [("x", "1"), ("y", "2")])
        let second = try registry.makeCounter(name: "a_total", labels: [("y", "2"), ("x", "1")])
        #expect(first === second)
        #expect(registry.text == "# TYPE a_total counter\na_total{x=\"1\",y=\"2\"} 0\n")
    }

    @Test("A name belongs to one type, to one list of buckets, and with the names of a histogram's samples")
    func conflicts() throws {
        let registry = PrometheusCollectorRegistry()
        _ = try registry.makeCounter(name: "a")
        _ = try registry.makeValueHistogram(name: "h", buckets: [1, 2])
        let conflict = { (error: MetricsError?) in error?.code == .conflict }
        #expect(conflict(#expect(throws: MetricsError.self) { try registry.makeGauge(name: "a") }))
        #expect(
            conflict(
                #expect(throws: MetricsError.self) {
                    try registry.makeValueHistogram(name: "h", labels: [("x", "")], buckets: [1])
                }))
        #expect(
            conflict(
                #expect(throws: MetricsError.self) { try registry.makeDurationHistogram(name: "h", buckets: []) }))
        #expect(conflict(#expect(throws: MetricsError.self) { try registry.makeCounter(name: "h_count") }))
    }

    @Test("A family's label sets are bounded, and those that it has go on")
    func limit() throws {
        let registry = PrometheusCollectorRegistry(labelSetLimit: 2)
        let kept = try registry.makeCounter(name: "a", labels: [("x", "1")])
        _ = try registry.makeCounter(name: "a", labels: [("x", "2")])
        let error = #expect(throws: MetricsError.self) { try registry.makeCounter(name: "a", labels: [("x", "3")]) }
        #expect(error?.code == .tooManyLabelSets)
        #expect(try registry.makeCounter(name: "a", labels: [("x", "1")]) === kept)
    }

    @Test("An instrument that was unregistered is gone, and its name is free")
    func unregister() throws {
        let registry = PrometheusCollectorRegistry()
        let histogram = try registry.makeValueHistogram(name: "h", buckets: [1])
        registry.unregisterValueHistogram(histogram)
        #expect(registry.text == "")
        let counter = try registry.makeCounter(name: "h_count")
        registry.unregisterValueHistogram(histogram)
        counter.increment()
        #expect(registry.text == "# TYPE h_count counter\nh_count 1\n")
    }

    @Test("A counter does not fall")
    func counter() throws {
        let counter = try PrometheusCollectorRegistry().makeCounter(name: "a")
        counter.increment(by: 2.5)
        counter.increment(by: -1 as Int64)
        counter.increment(by: -1.5)
        counter.increment(by: .nan)
        counter.increment(by: .infinity)
        counter.increment(by: 4.0)
        #expect(counter.value == 6.5)
    }

    @Test("Nothing is lost when many tasks count at once")
    func concurrency() async throws {
        let registry = PrometheusCollectorRegistry()
        await withThrowingTaskGroup { group in
            for _ in 0..<8 {
                group.addTask {
                    let counter = try registry.makeCounter(name: "a", labels: [("x", "1")])
                    let gauge = try registry.makeGauge(name: "g")
                    let histogram = try registry.makeValueHistogram(name: "h", buckets: [0.5])
                    for _ in 0..<1000 {
                        counter.increment()
                        counter.increment(by: 0.5)
                        gauge.increment()
                        histogram.observe(1)
                    }
                    _ = registry.text
                }
            }
        }
        #expect(
            registry.text == """
                # TYPE a counter
                a{x="1"} 12000
                # TYPE g gauge
                g 8000
                # TYPE h histogram
                h_bucket{le="0.5"} 0
                h_bucket{le="+Inf"} 8000
                h_sum 8000
                h_count 8000

                """)
    }

    @Test("No change of a gauge is lost when tasks on several cores collide")
    func collisions() async throws {
        let gauge = try PrometheusCollectorRegistry().makeGauge(name: "g")
        await withTaskGroup { group in
            for _ in 0..<4 {
                group.addTask {
                    for _ in 0..<200_000 { gauge.increment() }
                }
            }
        }
        #expect(gauge.value == 800_000)
    }
}
