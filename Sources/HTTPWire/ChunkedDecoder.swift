/// Reads a chunked body piece by piece (RFC 9112 §7.1). Chunk extensions and trailers are read past and dropped.
///
/// A pure state machine of a few words: it keeps no bytes, so any split of the input gives the same result.
package struct ChunkedDecoder: Sendable {
    /// What a step found.
    package enum Step: Hashable, Sendable {
        /// This many bytes were framing; call again with what follows them.
        case skip(Int)
        /// This many bytes, at least one, are body.
        case data(Int)
        /// This many bytes were framing and the body has ended. Nothing after them belongs to it.
        case end(Int)
    }

    private enum State {
        case size, chunkExtension, sizeLF, data, dataCR, dataLF
        case trailerStart, trailerName, trailerValue, trailerLF, endLF, ended
    }

    private var state = State.size
    private var remaining = 0
    private var digits = 0
    /// Bytes of extensions and trailers; both are bounded so that a body cannot be all framing.
    private var discarded = 0

    /// Extensions since the last body byte and trailers may together take this many bytes.
    private static let discardLimit = 8192

    package init() {}

    package var hasEnded: Bool { state == .ended }

    /// Reads from the first of `bytes`, which must not be empty. O(1) for a run of data, else O(bytes skipped).
    package mutating func step(_ bytes: UnsafeRawBufferPointer) throws(HeadRefusal) -> Step {
        var index = 0
        let count = bytes.count
        while index < count {
            if state == .data {
                if index > 0 { return .skip(index) }
                let length = min(remaining, count)
                remaining -= length
                if remaining == 0 { state = .dataCR }
                discarded = 0
                return .data(length)
            }
            try read(unsafe bytes[index])
            index += 1
            if state == .ended { return .end(index) }
        }
        return .skip(index)
    }

    private mutating func read(_ byte: UInt8) throws(HeadRefusal) {
        let malformed = HeadRefusal(400, "A chunk is malformed.")
        let (cr, lf) = (UInt8(ascii: "\r"), UInt8(ascii: "\n"))
        switch state {
        case .size:
            if let digit = ByteClass.hexDigit(byte) {
                // 15 digits: below 2^60.
                guard digits < 15 else { throw malformed }
                remaining = remaining << 4 | Int(digit)
                digits += 1
            } else {
                guard digits > 0 else { throw malformed }
                switch byte {
                case cr: state = .sizeLF
                case UInt8(ascii: ";"): state = .chunkExtension
                default: throw malformed
                }
            }
        case .chunkExtension:
            try discard()
            if byte == cr {
                state = .sizeLF
            } else if byte < 0x20 && byte != 0x09 || byte == 0x7f {
                throw malformed
            }
        case .sizeLF:
            guard byte == lf else { throw malformed }
            state = remaining == 0 ? .trailerStart : .data
            digits = 0
        case .dataCR:
            guard byte == cr else { throw malformed }
            state = .dataLF
        case .dataLF:
            guard byte == lf else { throw malformed }
            state = .size
        case .trailerStart:
            if byte == cr {
                state = .endLF
            } else {
                try discard()
                guard ByteClass.isToken(byte) else { throw malformed }
                state = .trailerName
            }
        case .trailerName:
            try discard()
            if byte == UInt8(ascii: ":") {
                state = .trailerValue
            } else if !ByteClass.isToken(byte) {
                throw malformed
            }
        case .trailerValue:
            try discard()
            if byte == cr {
                state = .trailerLF
            } else if byte < 0x20 && byte != 0x09 || byte == 0x7f {
                throw malformed
            }
        case .trailerLF:
            guard byte == lf else { throw malformed }
            state = .trailerStart
        case .endLF:
            guard byte == lf else { throw malformed }
            state = .ended
        case .data, .ended:
            break
        }
    }

    private mutating func discard() throws(HeadRefusal) {
        discarded += 1
        if discarded > Self.discardLimit { throw HeadRefusal(400, "Chunk extensions or trailers are too large.") }
    }
}
