import CoreMetrics
import Synchronization

/// What a histogram can count.
package protocol Bucketable: Sendable {
    /// The value in the base unit of the metric; for a duration, seconds.
    var bucketValue: Double { get }
}

extension Double: Bucketable {
    package var bucketValue: Double { self }
}

extension Duration: Bucketable {
    package var bucketValue: Double { self / .seconds(1) }
}

/// Values counted in buckets. Safe to use from any thread; an observation takes a short lock, so that buckets, sum and
/// count of one scrape agree.
package final class Histogram<Value: Bucketable>: Sendable {
    let name: String
    let labels: LabelSet
    private let state: Mutex<HistogramCounts>

    init(name: String, labels: LabelSet, buckets: HistogramCounts) {
        self.name = name
        self.labels = labels
        state = Mutex(buckets)
    }

    package func observe(_ value: Value) {
        let number = value.bucketValue
        state.withLock { $0.observe(number) }
    }

    var counts: HistogramCounts { state.withLock { $0 } }
}

/// A histogram of plain numbers.
package typealias ValueHistogram = Histogram<Double>

/// A histogram of durations, in seconds.
package typealias DurationHistogram = Histogram<Duration>

// What both handler protocols refine, stated once for every `Value`.
extension Histogram: _SwiftMetricsSendableProtocol {}

extension Histogram: RecorderHandler where Value == Double {
    package func record(_ value: Int64) { observe(Double(value)) }

    package func record(_ value: Double) { observe(value) }
}

extension Histogram: TimerHandler where Value == Duration {
    package func recordNanoseconds(_ duration: Int64) { observe(.nanoseconds(duration)) }
}
