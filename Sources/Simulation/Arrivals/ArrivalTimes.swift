import WaitingRoom

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The moments at which the visitors of a curve come, in order, in milliseconds from its beginning.
///
/// None is kept: twenty million take no memory. Those at random are a Poisson process on the condition that so many come
/// in all: partial sums of exponentially distributed steps, divided by their total (L. Devroye, Non-Uniform Random
/// Variate Generation, 1986, section V.3.1), carried over to the curve by its integral.
struct ArrivalTimes: Sequence, IteratorProtocol {
    private let curve: ArrivalCurve
    private var generator: SplitMix
    /// Of all steps, one more than there are visitors.
    private let total: Double
    private var sum = 0.0
    /// How many have come.
    private var count = 0
    private var piece = 0
    /// Visitors of the pieces before.
    private var before = 0.0

    init(_ curve: ArrivalCurve, seed: UInt64) {
        self.curve = curve
        generator = SplitMix(state: seed)
        guard curve.placement == .random else {
            total = 0
            return
        }
        var ahead = generator
        total = (0...curve.visitors).reduce(0) { sum, _ in sum + ahead.exponential() }
    }

    mutating func next() -> Int64? {
        guard count < curve.visitors else { return nil }
        let place: Double
        switch curve.placement {
        case .even:
            place = Double(count)
        case .random:
            sum += generator.exponential()
            place = sum / total * Double(curve.visitors)
        }
        count += 1
        while piece < curve.pieces.count - 1, place >= before + curve.pieces[piece].visitors {
            before += curve.pieces[piece].visitors
            piece += 1
        }
        let current = curve.pieces[piece]
        guard current.visitors > 0 else { return current.start.count }
        let part = Swift.min(1, Swift.max(0, (place - before) / current.visitors))
        return current.start.count + Int64(part * Double(current.length.count))
    }
}
