/// Who did something to a room: the name of an operator's key. 1 to 64 letters, digits, dots, underscores and hyphens, in
/// ASCII, so that it is one word in every record.
package struct OperatorName: Hashable, Sendable, CustomStringConvertible {
    package let text: String

    /// Stands for somebody who is not to be named.
    package static let unnamed = OperatorName(text: "operator")

    private init(text: String) { self.text = text }

    /// Nil if the text is not a valid name.
    package init?(_ text: some StringProtocol) {
        guard (1...64).contains(text.utf8.count), text.utf8.allSatisfy(Self.isAllowed) else { return nil }
        self.text = String(text)
    }

    package var description: String { text }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
