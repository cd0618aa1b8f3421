/// The registered instruments that share one metric name.
struct Family: Sendable {
    /// What all instruments of a family have in common.
    enum Shape: Hashable, Sendable {
        case counter, gauge
        case valueHistogram(bounds: [Double])
        case durationHistogram(bounds: [Double])

        var type: MetricType {
            switch self {
            case .counter: .counter
            case .gauge: .gauge
            case .valueHistogram, .durationHistogram: .histogram
            }
        }
    }

    let shape: Shape
    var help = ""
    var instruments: [LabelSet: any AnyObject & Sendable] = [:]
    /// The keys of `instruments`, the first registered first, so that each scrape has the same order.
    var order: [LabelSet] = []

    init(shape: Shape) {
        self.shape = shape
    }

    func write(_ name: String, to writer: inout MetricsWriter) {
        for labels in order {
            switch instruments[labels] {
            case let counter as Counter: writer.write(counter.value, name, .counter, help: help, labels)
            case let gauge as Gauge: writer.write(gauge.value, name, .gauge, help: help, labels)
            case let histogram as ValueHistogram: writer.write(histogram.counts, name, help: help, labels)
            case let histogram as DurationHistogram: writer.write(histogram.counts, name, help: help, labels)
            default: writer.reject()
            }
        }
    }
}
