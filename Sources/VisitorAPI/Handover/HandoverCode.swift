import SessionTokens
import WaitingRoom

/// A one-time code by which a place moves to another device: 40 random bits as eight digits of Crockford's Base32, in which
/// no two look alike.
struct HandoverCode: Hashable, Sendable {
    static let length = 8
    private static let digits = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)

    /// Without a separator.
    let text: String

    init(using generator: inout some RandomNumberGenerator) {
        var bits: UInt64 = generator.next()
        var digits: [UInt8] = []
        for _ in 0..<Self.length {
            digits.append(Self.digits[Int(bits & 31)])
            bits >>= 5
        }
        text = String(decoding: digits, as: UTF8.self)
    }

    /// What somebody typed: in either case, with spaces and hyphens anywhere; `O` is read as 0, `I` and `L` as 1. Nil if it
    /// is no code.
    init?(typed: String) {
        var digits: [UInt8] = []
        for byte in typed.utf8.prefix(64) {
            var digit = byte
            if (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(digit) { digit -= 0x20 }
            switch digit {
            case UInt8(ascii: " "), UInt8(ascii: "-"): continue
            case UInt8(ascii: "O"): digit = UInt8(ascii: "0")
            case UInt8(ascii: "I"), UInt8(ascii: "L"): digit = UInt8(ascii: "1")
            default: break
            }
            guard Self.digits.contains(digit), digits.count < Self.length else { return nil }
            digits.append(digit)
        }
        guard digits.count == Self.length else { return nil }
        text = String(decoding: digits, as: UTF8.self)
    }

    /// In two groups, for people.
    var grouped: String { "\(text.prefix(4))-\(text.suffix(4))" }
}

/// What a code is kept as, and which position takes its place; the same at all gates of a site.
struct HandoverKeys: Sendable {
    private let codes: DerivedKey
    private let positions: DerivedKey

    init(salt: BindingSalt) {
        codes = DerivedKey(salt, for: "anteroom handover code")
        positions = DerivedKey(salt, for: "anteroom handover position")
    }

    /// Nil if libcrypto fails.
    func digest(of code: HandoverCode, in room: RoomID) -> HandoverDigest? {
        Self.bits(codes.code(of: Array("\(room.text) \(code.text)".utf8))).map(HandoverDigest.init)
    }

    /// The position with which a caller takes the place of a code: whoever asks again in the same attempt gets the same, so
    /// that an answer that was lost loses no place. Nil if libcrypto fails.
    /// - Parameter attempt: what the caller calls its attempt.
    func position(for code: HandoverCode, attempt: String, in room: RoomID) -> PositionID? {
        guard let bits = Self.bits(positions.code(of: Array("\(room.text) \(code.text) \(attempt)".utf8))) else {
            return nil
        }
        var words = Words(rest: [bits.high, bits.low])
        return PositionID(using: &words)
    }

    private static func bits(_ hash: [UInt8]?) -> UUIDBits? {
        guard let hash, hash.count >= 16 else { return nil }
        func word(_ bytes: ArraySlice<UInt8>) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }
        return UUIDBits(high: word(hash[0..<8]), low: word(hash[8..<16]))
    }

    /// Hands out the words of a hash as if they were random.
    private struct Words: RandomNumberGenerator {
        var rest: [UInt64]

        mutating func next() -> UInt64 { rest.popLast() ?? 0 }
    }
}
