/// Base64url without padding (RFC 4648 §5, RFC 7515 §2).
package enum Base64URL {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
    private static let foreign: UInt8 = 0xff
    /// The value of each byte as a digit, or `foreign`.
    private static let values: [UInt8] = {
        var values = [UInt8](repeating: foreign, count: 256)
        for (value, digit) in alphabet.enumerated() { values[Int(digit)] = UInt8(value) }
        return values
    }()

    static func append(_ bytes: Span<UInt8>, to text: inout [UInt8]) {
        let alphabet = alphabet
        text.reserveCapacity(text.count + (bytes.count * 4 + 2) / 3)
        var index = 0
        while index + 2 < bytes.count {
            let word = Int(bytes[index]) << 16 | Int(bytes[index + 1]) << 8 | Int(bytes[index + 2])
            text.append(alphabet[word >> 18])
            text.append(alphabet[word >> 12 & 0x3f])
            text.append(alphabet[word >> 6 & 0x3f])
            text.append(alphabet[word & 0x3f])
            index += 3
        }
        switch bytes.count - index {
        case 1:
            let word = Int(bytes[index])
            text.append(alphabet[word >> 2])
            text.append(alphabet[word << 4 & 0x3f])
        case 2:
            let word = Int(bytes[index]) << 8 | Int(bytes[index + 1])
            text.append(alphabet[word >> 10])
            text.append(alphabet[word >> 4 & 0x3f])
            text.append(alphabet[word << 2 & 0x3f])
        default: break
        }
    }

    package static func text(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        append(bytes.span, to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    /// Puts the decoded bytes in place of what `bytes` held.
    /// - Returns: False if the text has another character, an impossible length, or bits in its last digit that no
    ///   byte needs: such a text would be a second way to write the same token.
    package static func decode(_ text: Span<UInt8>, into bytes: inout [UInt8]) -> Bool {
        let values = values
        bytes.removeAll(keepingCapacity: true)
        bytes.reserveCapacity(text.count / 4 * 3 + 2)
        var index = 0
        while index + 3 < text.count {
            let a = values[Int(text[index])]
            let b = values[Int(text[index + 1])]
            let c = values[Int(text[index + 2])]
            let d = values[Int(text[index + 3])]
            // Digits are below 0x40, so the two high bits of the union tell whether any of them is foreign.
            guard (a | b | c | d) & 0xc0 == 0 else { return false }
            bytes.append(a << 2 | b >> 4)
            bytes.append(b << 4 | c >> 2)
            bytes.append(c << 6 | d)
            index += 4
        }
        switch text.count - index {
        case 0: return true
        case 2:
            let a = values[Int(text[index])]
            let b = values[Int(text[index + 1])]
            guard (a | b) & 0xc0 == 0, b & 0x0f == 0 else { return false }
            bytes.append(a << 2 | b >> 4)
            return true
        case 3:
            let a = values[Int(text[index])]
            let b = values[Int(text[index + 1])]
            let c = values[Int(text[index + 2])]
            guard (a | b | c) & 0xc0 == 0, c & 0x03 == 0 else { return false }
            bytes.append(a << 2 | b >> 4)
            bytes.append(b << 4 | c >> 2)
            return true
        default: return false
        }
    }
}
