import NIOCore

/// A body that is made piece by piece, as the connection takes it.
protocol BodySource {
    mutating func next() -> BodyStep
}

/// What a source has to give now.
enum BodyStep {
    case bytes(ByteBuffer)
    /// Nothing yet; ask again after this time.
    case pause(TimeAmount)
    case end
}

/// One buffer, or nothing.
struct BufferSource: BodySource {
    private var rest: ByteBuffer?

    init(_ buffer: ByteBuffer? = nil) {
        rest = buffer
    }

    mutating func next() -> BodyStep {
        guard let bytes = rest else { return .end }
        rest = nil
        return bytes.readableBytes > 0 ? .bytes(bytes) : .end
    }
}

/// A number of bytes in which the byte at `offset` is `pattern[offset % 65521]`. The period is prime, so that a piece
/// that is missing, doubled or out of place shows.
struct PatternSource: BodySource {
    static let period = 65_521

    /// The byte at i is (i·i + i / 7) mod 256.
    static let pattern = ByteBuffer(bytes: (0..<period).map { UInt8(truncatingIfNeeded: $0 * $0 + $0 / 7) })

    private let count: Int
    private var offset = 0

    init(count: Int) {
        self.count = count
    }

    mutating func next() -> BodyStep {
        let start = offset % Self.period
        let length = min(Self.period - start, count - offset)
        guard length > 0, let slice = Self.pattern.getSlice(at: start, length: length) else { return .end }
        offset += length
        return .bytes(slice)
    }
}

/// A number of pieces with a pause between two of them.
struct TimedSource: BodySource {
    private let count: Int
    private let interval: TimeAmount
    private let piece: (Int) -> String
    private var index = 0
    private var isPauseDue = false

    /// - Parameter piece: the text of the piece with that index, from 0.
    init(count: Int, interval: TimeAmount, piece: @escaping (Int) -> String) {
        self.count = count
        self.interval = interval
        self.piece = piece
    }

    mutating func next() -> BodyStep {
        guard index < count else { return .end }
        if isPauseDue {
            isPauseDue = false
            return .pause(interval)
        }
        isPauseDue = interval > .zero && index + 1 < count
        defer { index += 1 }
        return .bytes(ByteBuffer(string: piece(index)))
    }
}
