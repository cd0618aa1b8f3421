package import WaitingRoom

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The curves that have a name.
package enum CurveShape: String, CaseIterable, Sendable {
    /// A sale that was announced: most come within the first minutes, the others ever more slowly.
    case sale
    /// The same at all times.
    case steady
    /// Rises and falls once, as a day does.
    case wave
    /// Steady, and in the middle half of all come within a twentieth of the time.
    case spike

    /// Into so many pieces a shape is cut.
    private static let pieces = 1000

    /// - Parameter length: at least one millisecond.
    package func curve(visitors: Int, over length: Milliseconds) -> ArrivalCurve {
        let count = Int(min(Int64(Self.pieces), max(1, length.count)))
        let pieces = (0..<count).map { index in
            let start = length.count * Int64(index) / Int64(count)
            let end = length.count * Int64(index + 1) / Int64(count)
            return ArrivalCurve.Piece(
                start: Milliseconds(start), length: Milliseconds(end - start),
                visitors: rate((Double(index) + 0.5) / Double(count)))
        }
        return ArrivalCurve(pieces, placement: .random).scaled(to: visitors)
    }

    /// How quickly they come after a part of the time, from 0 to 1; in no unit.
    private func rate(_ part: Double) -> Double {
        switch self {
        case .sale: min(1, part / 0.02) * exp(-6 * part)
        case .steady: 1
        case .wave: 0.1 + (1 - cos(2 * Double.pi * part)) / 2
        case .spike: 0.5 + (abs(part - 0.5) < 0.025 ? 10 : 0)
        }
    }
}
