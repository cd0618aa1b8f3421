import COpenSSL

/// A hash of the chain over a room's record: SHA-256 of the one before and of what was recorded after it. As text 64
/// hexadecimal digits in lower case.
package struct ChainHash: Hashable, Sendable, CustomStringConvertible {
    static let byteCount = 32
    static let digitCount = 2 * byteCount

    private let bytes: [UInt8]

    /// Before the first.
    package static let beginning = ChainHash(bytes: [UInt8](repeating: 0, count: byteCount))

    private init(bytes: [UInt8]) { self.bytes = bytes }

    /// Nil if the text is not what `description` writes.
    package init?(_ text: some StringProtocol) { self.init(Array(text.utf8)[...]) }

    init?(_ text: ArraySlice<UInt8>) {
        guard text.count == Self.digitCount else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.byteCount)
        var high: UInt8?
        for digit in text {
            let value: UInt8
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = digit - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): value = digit - UInt8(ascii: "a") + 10
            default: return nil
            }
            if let first = high {
                bytes.append(first << 4 | value)
                high = nil
            } else {
                high = value
            }
        }
        self.bytes = bytes
    }

    /// The hash that follows when `text` is recorded. O(n).
    func followed(by text: some Collection<UInt8>) -> ChainHash {
        var input = bytes
        input.reserveCapacity(bytes.count + text.count)
        input.append(contentsOf: text)
        var digest = [UInt8](repeating: 0, count: Self.byteCount)
        // It fails only for want of memory; what is left then, zeros, follows from nothing and shows in every check.
        _ = unsafe EVP_Digest(input, input.count, &digest, nil, EVP_sha256(), nil)
        return ChainHash(bytes: digest)
    }

    private static let hexDigits = Array("0123456789abcdef".utf8)

    func append(to text: inout [UInt8]) {
        for byte in bytes {
            text.append(Self.hexDigits[Int(byte >> 4)])
            text.append(Self.hexDigits[Int(byte & 0xf)])
        }
    }

    package var description: String {
        var text: [UInt8] = []
        append(to: &text)
        return String(decoding: text, as: UTF8.self)
    }
}
