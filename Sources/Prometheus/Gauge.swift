import CoreMetrics
import Synchronization

/// A value that rises and falls. Safe to use from any thread, without locks.
package final class Gauge: Sendable {
    let name: String
    let labels: LabelSet
    /// The bits of a `Double`.
    private let bits = Atomic<UInt64>(0)

    init(name: String, labels: LabelSet) {
        self.name = name
        self.labels = labels
    }

    package func set(_ value: Double) { bits.store(value.bitPattern, ordering: .relaxed) }

    package func set(_ value: Int64) { set(Double(value)) }

    package func increment(by amount: Double = 1) { bits.update { $0 + amount } }

    package func decrement(by amount: Double = 1) { bits.update { $0 - amount } }

    var value: Double { Double(bitPattern: bits.load(ordering: .relaxed)) }
}

extension Gauge: MeterHandler, RecorderHandler {
    package func record(_ value: Int64) { set(value) }

    package func record(_ value: Double) { set(value) }
}
