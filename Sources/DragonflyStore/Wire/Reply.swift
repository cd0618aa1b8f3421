/// A reply of the server (RESP2).
enum Reply: Hashable, Sendable {
    case null
    case integer(Int)
    case text(String)
    /// What is no UTF-8.
    case bytes([UInt8])
    case array([Reply])
    /// As the server says it: a code in capitals, then words.
    case error(String)

    var text: String? {
        switch self {
        case .text(let text): text
        case .integer(let number): String(number)
        case .bytes(let bytes): String(decoding: bytes, as: UTF8.self)
        case .null, .array, .error: nil
        }
    }

    /// A text as it was sent.
    var bytes: [UInt8]? {
        switch self {
        case .text(let text): Array(text.utf8)
        case .bytes(let bytes): bytes
        case .null, .integer, .array, .error: nil
        }
    }

    var integer: Int? {
        switch self {
        case .integer(let number): number
        case .text(let text): Int(text)
        case .null, .bytes, .array, .error: nil
        }
    }

    var array: [Reply]? { if case .array(let replies) = self { replies } else { nil } }
}
