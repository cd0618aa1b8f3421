import CoreMetrics
import Synchronization

/// A value that only grows. Safe to use from any thread; an increment is one atomic addition.
package final class Counter: Sendable {
    let name: String
    let labels: LabelSet
    private let whole = Atomic<UInt64>(0)
    /// The bits of a `Double`: what was added in amounts that are not whole.
    private let remainder = Atomic<UInt64>(0)

    init(name: String, labels: LabelSet) {
        self.name = name
        self.labels = labels
    }

    package func increment() { whole.wrappingAdd(1, ordering: .relaxed) }

    /// A negative amount is ignored: a counter does not fall.
    package func increment(by amount: Int64) {
        guard amount > 0 else { return }
        whole.wrappingAdd(UInt64(amount), ordering: .relaxed)
    }

    /// A negative, infinite or undefined amount is ignored.
    package func increment(by amount: Double) {
        guard amount > 0, amount.isFinite else { return }
        if let count = Int64(exactly: amount) {
            increment(by: count)
        } else {
            remainder.update { $0 + amount }
        }
    }

    package func reset() {
        whole.store(0, ordering: .relaxed)
        remainder.store(0, ordering: .relaxed)
    }

    var value: Double {
        Double(whole.load(ordering: .relaxed)) + Double(bitPattern: remainder.load(ordering: .relaxed))
    }
}

extension Counter: CounterHandler, FloatingPointCounterHandler {}

extension Atomic where Value == UInt64 {
    /// Replaces the `Double` whose bits are stored.
    func update(_ change: (Double) -> Double) {
        var old = load(ordering: .relaxed)
        while true {
            let new = change(Double(bitPattern: old)).bitPattern
            let result = weakCompareExchange(expected: old, desired: new, ordering: .relaxed)
            if result.exchanged { return }
            old = result.original
        }
    }
}
