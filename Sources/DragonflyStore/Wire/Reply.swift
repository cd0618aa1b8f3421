/// A reply of the server (RESP2).
enum Reply: Hashable, Sendable {
    case null
    case integer(Int)
    case text(String)
    case array([Reply])
    /// As the server says it: a code in capitals, then words.
    case error(String)

    var text: String? {
        switch self {
        case .text(let text): text
        case .integer(let number): String(number)
        case .null, .array, .error: nil
        }
    }

    var integer: Int? {
        switch self {
        case .integer(let number): number
        case .text(let text): Int(text)
        case .null, .array, .error: nil
        }
    }

    var array: [Reply]? { if case .array(let replies) = self { replies } else { nil } }
}
