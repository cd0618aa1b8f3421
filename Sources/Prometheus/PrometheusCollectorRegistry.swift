import Synchronization

/// All instruments and collectors of one process, and their text for a scrape.
///
/// A family (one metric name) holds at most `labelSetLimit` label sets. Label values come from configuration, never
/// from requests; the limit keeps a mistake there from growing without bound. What is left out for this or another
/// reason is counted in `metrics_rejected_total`, which appears once it is above zero.
package final class PrometheusCollectorRegistry: Sendable {
    /// How many label sets a family may have unless the registry is told otherwise.
    package static let defaultLabelSetLimit = 1000

    private typealias Collector = @Sendable (inout MetricsWriter) -> Void
    private typealias Gatherer = @Sendable () async -> Collector

    private struct State {
        var families: [String: Family] = [:]
        var names = SampleNames()
        var collectors: [Collector] = []
        var gatherers: [Gatherer] = []
        /// Instruments refused and samples left out so far.
        var rejected: UInt64 = 0
    }

    private let labelSetLimit: Int
    private let state = Mutex(State())

    package init(labelSetLimit: Int = defaultLabelSetLimit) {
        self.labelSetLimit = labelSetLimit
    }

    // MARK: Instruments

    /// The counter with this name and these labels, made if there is none yet. Keep it: looking it up takes a lock.
    package func makeCounter(
        name: String, labels: [(String, String)] = [], help: String = ""
    ) throws(MetricsError) -> Counter {
        try register(name, labels, help: help, as: .counter) { Counter(name: name, labels: $0) }
    }

    /// The gauge with this name and these labels, made if there is none yet.
    package func makeGauge(
        name: String, labels: [(String, String)] = [], help: String = ""
    ) throws(MetricsError) -> Gauge {
        try register(name, labels, help: help, as: .gauge) { Gauge(name: name, labels: $0) }
    }

    /// The histogram with this name and these labels, made if there is none yet.
    /// - `buckets`: upper bounds; the same for all label sets of the family.
    package func makeDurationHistogram(
        name: String, labels: [(String, String)] = [], buckets: [Duration], help: String = ""
    ) throws(MetricsError) -> DurationHistogram {
        let counts = HistogramCounts(bounds: buckets.map(\.bucketValue))
        return try register(name, labels, help: help, as: .durationHistogram(bounds: counts.bounds)) {
            DurationHistogram(name: name, labels: $0, buckets: counts)
        }
    }

    /// The histogram with this name and these labels, made if there is none yet.
    /// - `buckets`: upper bounds; the same for all label sets of the family.
    package func makeValueHistogram(
        name: String, labels: [(String, String)] = [], buckets: [Double], help: String = ""
    ) throws(MetricsError) -> ValueHistogram {
        let counts = HistogramCounts(bounds: buckets)
        return try register(name, labels, help: help, as: .valueHistogram(bounds: counts.bounds)) {
            ValueHistogram(name: name, labels: $0, buckets: counts)
        }
    }

    package func unregisterCounter(_ counter: Counter) { unregister(counter, counter.name, counter.labels) }

    package func unregisterGauge(_ gauge: Gauge) { unregister(gauge, gauge.name, gauge.labels) }

    package func unregisterDurationHistogram(_ histogram: DurationHistogram) {
        unregister(histogram, histogram.name, histogram.labels)
    }

    package func unregisterValueHistogram(_ histogram: ValueHistogram) {
        unregister(histogram, histogram.name, histogram.labels)
    }

    /// Counts an instrument or a sample that was left out.
    func reject(_ count: UInt64 = 1) { state.withLock { $0.rejected += count } }

    // MARK: Collectors

    /// Adds values that are read when a scrape comes.
    package func addCollector(_ collect: @escaping @Sendable (inout MetricsWriter) -> Void) {
        state.withLock { $0.collectors.append(collect) }
    }

    /// Adds values that must be waited for, such as those that event loops keep for themselves. `emit` leaves them out.
    /// - Parameters:
    ///   - gather: runs at the same time as the other gatherers of a scrape.
    ///   - write: puts what was gathered into the scrape.
    package func addCollector<Gathered: Sendable>(
        gather: @escaping @Sendable () async -> Gathered,
        write: @escaping @Sendable (Gathered, inout MetricsWriter) -> Void
    ) {
        state.withLock { state in
            state.gatherers.append {
                let gathered = await gather()
                return { writer in write(gathered, &writer) }
            }
        }
    }

    // MARK: Scrape

    /// Appends the text of all instruments and of the collectors that need not be waited for.
    package func emit(into buffer: inout [UInt8]) { emit([], into: &buffer) }

    /// The text of everything.
    package func gather() async -> [UInt8] {
        let gatherers = state.withLock { $0.gatherers }
        let gathered = await withTaskGroup { group in
            for (index, gather) in gatherers.enumerated() {
                group.addTask { (index, await gather()) }
            }
            var results: [(Int, Collector)] = []
            for await result in group { results.append(result) }
            return results.sorted { $0.0 < $1.0 }.map(\.1)
        }
        var buffer: [UInt8] = []
        emit(gathered, into: &buffer)
        return buffer
    }

    private func emit(_ gathered: [Collector], into buffer: inout [UInt8]) {
        let (families, collectors, refused) = state.withLock { ($0.families, $0.collectors, $0.rejected) }
        var writer = MetricsWriter(labelSetLimit: labelSetLimit)
        for (name, family) in families { family.write(name, to: &writer) }
        for collect in collectors + gathered { collect(&writer) }
        let leftOut = writer.rejected
        if refused + leftOut > 0 {
            writer.counter(
                "metrics_rejected_total", help: "Instruments and samples that were left out of /metrics.",
                value: refused + leftOut)
        }
        reject(leftOut)
        writer.emit(into: &buffer)
    }

    // MARK: Families

    private func register<Instrument: AnyObject & Sendable>(
        _ name: String, _ labels: [(String, String)], help: String, as shape: Family.Shape,
        make: (LabelSet) -> Instrument
    ) throws(MetricsError) -> Instrument {
        try MetricName.check(name)
        let labels = try LabelSet(labels, of: shape.type)
        return try state.withLock { state throws(MetricsError) in
            var family = state.families[name] ?? Family(shape: shape)
            guard family.shape == shape, state.names.claim(name, shape.type) else {
                throw MetricsError(.conflict, "\(name) is the name of a metric of another type or with other buckets")
            }
            if family.help.isEmpty { family.help = help }
            let instrument: Instrument
            if let present = family.instruments[labels] as? Instrument {
                instrument = present
            } else {
                guard family.instruments.count < labelSetLimit else {
                    throw MetricsError(.tooManyLabelSets, "\(name) has \(labelSetLimit) label sets, which is the limit")
                }
                instrument = make(labels)
                family.instruments[labels] = instrument
                family.order.append(labels)
            }
            state.families[name] = family
            return instrument
        }
    }

    /// Does nothing unless it is this very instrument that is registered.
    private func unregister(_ instrument: AnyObject, _ name: String, _ labels: LabelSet) {
        state.withLock { state in
            guard var family = state.families[name], family.instruments[labels] === instrument else { return }
            family.instruments[labels] = nil
            family.order.removeAll { $0 == labels }
            if family.instruments.isEmpty {
                state.families[name] = nil
                state.names.release(name, family.shape.type)
            } else {
                state.families[name] = family
            }
        }
    }
}
