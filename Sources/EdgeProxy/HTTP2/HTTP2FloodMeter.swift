/// Counts, on one connection, what costs the gate work and the visitor next to nothing: a browser comes nowhere near
/// the limits (docs/HTTP.md).
struct HTTP2FloodMeter {
    enum Kind: Int, CaseIterable {
        /// Streams that the visitor reset, or that it made the gate reset or refuse (CVE-2023-44487, CVE-2025-8671).
        case resets
        /// PING, SETTINGS, PRIORITY and frames of unknown kinds (CVE-2019-9512, 9513, 9515).
        case control
        /// DATA and CONTINUATION that carry nothing (CVE-2019-9518).
        case empty
        /// DATA frames that the gate had to make tiny because the visitor's window was (CVE-2019-9511).
        case crumbs

        /// Within one span.
        var limit: Int {
            switch self {
            case .resets, .empty: 200
            case .control, .crumbs: 1000
            }
        }
    }

    /// Microseconds.
    static let span: Int64 = 10_000_000
    /// A DATA frame below this many bytes that does not end its body is a crumb.
    static let crumbSize = 128

    /// By kind.
    private var counts = SIMD4<Int>()
    private var start: Int64

    init(now: Int64) { start = now }

    /// - Parameter now: microseconds.
    /// - Returns: whether it was one too many.
    mutating func count(_ kind: Kind, now: Int64) -> Bool {
        if now - start >= Self.span {
            start = now
            counts = SIMD4()
        }
        counts[kind.rawValue] += 1
        return counts[kind.rawValue] > kind.limit
    }
}
