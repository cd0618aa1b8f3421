import HTTPWire
import NIOCore

/// Follows one message's body through the bytes of its connection and re-frames it for the other side.
struct BodyReader {
    private enum State {
        case none
        case length(Int)
        case chunked(ChunkedDecoder)
        case untilClose
    }

    private var state: State
    /// A chunked body goes on as plain bytes: to an HTTP/1.0 visitor.
    private let unchunks: Bool

    init(_ framing: BodyFraming, unchunks: Bool = false) {
        switch framing {
        case .none: state = .none
        case .length(let length): state = .length(length)
        case .chunked: state = .chunked(ChunkedDecoder())
        case .untilClose: state = .untilClose
        }
        self.unchunks = unchunks
    }

    /// Nothing of the body is missing.
    var isComplete: Bool {
        switch state {
        case .none: true
        case .length(let remaining): remaining == 0
        case .chunked(let decoder): decoder.hasEnded
        case .untilClose: false
        }
    }

    /// The end of the connection is the end of the body.
    var endsWithConnection: Bool {
        if case .untilClose = state { true } else { false }
    }

    /// A body of plain bytes of which at least this much is still to come: it can be passed on without a copy.
    func isPlain(for count: Int) -> Bool {
        switch state {
        case .length(let remaining): remaining >= count
        case .untilClose: true
        case .none, .chunked: false
        }
    }

    /// Notes that this many plain bytes were passed on.
    mutating func skip(_ count: Int) {
        if case .length(let remaining) = state { state = .length(remaining - count) }
    }

    /// Moves what belongs to the body from `bytes` to `out`, framed for the other side; stops at the body's end.
    /// - Returns: how many body bytes were moved.
    mutating func move(_ bytes: inout ByteBuffer, to out: inout ByteBuffer) throws(HeadRefusal) -> Int {
        switch state {
        case .none:
            return 0
        case .length(let remaining):
            let count = min(remaining, bytes.readableBytes)
            Self.append(&bytes, count, to: &out)
            state = .length(remaining - count)
            return count
        case .untilClose:
            let count = bytes.readableBytes
            Self.append(&bytes, count, to: &out)
            return count
        case .chunked(var decoder):
            var moved = 0
            while bytes.readableBytes > 0, !decoder.hasEnded {
                switch try Self.step(&decoder, bytes) {
                case .skip(let count): bytes.moveReaderIndex(forwardBy: count)
                case .data(let count):
                    if !unchunks {
                        out.writeString(String(count, radix: 16))
                        out.writeStaticString("\r\n")
                    }
                    Self.append(&bytes, count, to: &out)
                    if !unchunks { out.writeStaticString("\r\n") }
                    moved += count
                case .end(let count):
                    bytes.moveReaderIndex(forwardBy: count)
                    if !unchunks { out.writeStaticString("0\r\n\r\n") }
                }
            }
            state = .chunked(decoder)
            return moved
        }
    }

    private static func step(
        _ decoder: inout ChunkedDecoder, _ bytes: ByteBuffer
    ) throws(HeadRefusal) -> ChunkedDecoder.Step {
        let result: Result<ChunkedDecoder.Step, HeadRefusal> = unsafe bytes.withUnsafeReadableBytes { pointer in
            do throws(HeadRefusal) {
                return .success(try unsafe decoder.step(pointer))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    private static func append(_ bytes: inout ByteBuffer, _ count: Int, to out: inout ByteBuffer) {
        unsafe bytes.readWithUnsafeReadableBytes { bytes in
            unsafe out.writeBytes(UnsafeRawBufferPointer(rebasing: bytes[..<count]))
            return count
        }
    }
}
