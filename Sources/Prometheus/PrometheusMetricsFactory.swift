package import CoreMetrics

/// The backend for swift-metrics: bootstrap it, and what libraries count appears in the registry.
///
/// swift-metrics cannot refuse a metric. So names are sanitised, and an instrument that the registry does not take is
/// handed out all the same, leads nowhere, and is counted in `metrics_rejected_total`.
package struct PrometheusMetricsFactory: Sendable {
    package let registry: PrometheusCollectorRegistry
    /// Upper bounds for timers, by metric name; others get the default.
    package var durationHistogramBuckets: [String: [Duration]] = [:]
    package var defaultDurationHistogramBuckets: [Duration] = [
        .milliseconds(1), .microseconds(2500), .milliseconds(5), .milliseconds(10), .milliseconds(25),
        .milliseconds(50), .milliseconds(100), .milliseconds(250), .milliseconds(500), .seconds(1),
        .milliseconds(2500), .seconds(5), .seconds(10),
    ]
    /// Upper bounds for recorders that aggregate, by metric name; others get the default.
    package var valueHistogramBuckets: [String: [Double]] = [:]
    package var defaultValueHistogramBuckets: [Double] = [
        1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000,
    ]
    /// Maps a swift-metrics label and its dimensions to a metric name and its labels.
    package var nameAndLabelSanitizer: @Sendable (String, [(String, String)]) -> (String, [(String, String)]) =
        PrometheusMetricsFactory.sanitized

    package init(registry: PrometheusCollectorRegistry) {
        self.registry = registry
    }

    /// Valid names, each label once; `le`, which names buckets, becomes `exported_le`.
    @Sendable private static func sanitized(
        _ name: String, _ dimensions: [(String, String)]
    ) -> (String, [(String, String)]) {
        var labels: [(String, String)] = []
        for (dimension, value) in dimensions {
            let sanitized = MetricName.sanitizedLabel(dimension)
            let label = sanitized == "le" ? "exported_le" : sanitized
            if !labels.contains(where: { $0.0 == label }) { labels.append((label, value)) }
        }
        return (MetricName.sanitized(name), labels)
    }

    /// The registered instrument, or one that leads nowhere.
    private func instrument<Instrument>(
        _ label: String, _ dimensions: [(String, String)],
        register: (String, [(String, String)]) throws(MetricsError) -> Instrument,
        unregistered: (String, LabelSet) -> Instrument
    ) -> Instrument {
        let (name, labels) = nameAndLabelSanitizer(label, dimensions)
        do throws(MetricsError) {
            return try register(name, labels)
        } catch {
            registry.reject()
            return unregistered(name, .none)
        }
    }
}

extension PrometheusMetricsFactory: MetricsFactory {
    package func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        counter(label, dimensions)
    }

    package func makeFloatingPointCounter(
        label: String, dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        counter(label, dimensions)
    }

    package func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        gauge(label, dimensions)
    }

    /// A histogram, or a gauge if the recorder does not aggregate.
    package func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        guard aggregate else { return gauge(label, dimensions) }
        return instrument(label, dimensions) { name, labels throws(MetricsError) in
            try registry.makeValueHistogram(name: name, labels: labels, buckets: valueBuckets(of: name))
        } unregistered: { name, labels in
            ValueHistogram(name: name, labels: labels, buckets: HistogramCounts(bounds: valueBuckets(of: name)))
        }
    }

    /// A histogram in seconds.
    package func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        instrument(label, dimensions) { name, labels throws(MetricsError) in
            try registry.makeDurationHistogram(name: name, labels: labels, buckets: durationBuckets(of: name))
        } unregistered: { name, labels in
            DurationHistogram(name: name, labels: labels, buckets: HistogramCounts(bounds: []))
        }
    }

    package func destroyCounter(_ handler: any CounterHandler) {
        if let counter = handler as? Counter { registry.unregisterCounter(counter) }
    }

    package func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {
        if let counter = handler as? Counter { registry.unregisterCounter(counter) }
    }

    package func destroyMeter(_ handler: any MeterHandler) {
        if let gauge = handler as? Gauge { registry.unregisterGauge(gauge) }
    }

    package func destroyRecorder(_ handler: any RecorderHandler) {
        switch handler {
        case let gauge as Gauge: registry.unregisterGauge(gauge)
        case let histogram as ValueHistogram: registry.unregisterValueHistogram(histogram)
        default: break
        }
    }

    package func destroyTimer(_ handler: any TimerHandler) {
        if let histogram = handler as? DurationHistogram { registry.unregisterDurationHistogram(histogram) }
    }

    private func counter(_ label: String, _ dimensions: [(String, String)]) -> Counter {
        instrument(label, dimensions) { name, labels throws(MetricsError) in
            try registry.makeCounter(name: name, labels: labels)
        } unregistered: { name, labels in
            Counter(name: name, labels: labels)
        }
    }

    private func gauge(_ label: String, _ dimensions: [(String, String)]) -> Gauge {
        instrument(label, dimensions) { name, labels throws(MetricsError) in
            try registry.makeGauge(name: name, labels: labels)
        } unregistered: { name, labels in
            Gauge(name: name, labels: labels)
        }
    }

    private func durationBuckets(of name: String) -> [Duration] {
        durationHistogramBuckets[name] ?? defaultDurationHistogramBuckets
    }

    private func valueBuckets(of name: String) -> [Double] {
        valueHistogramBuckets[name] ?? defaultValueHistogramBuckets
    }
}
