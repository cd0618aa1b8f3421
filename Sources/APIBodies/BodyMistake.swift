/// What is wrong with the body of an API call, for the caller: the place, the mistake and what would be right.
package struct BodyMistake: Error, Hashable {
    /// A JSON pointer (RFC 6901) as the fragment of a URI; `#` is the whole body.
    package var pointer: String
    package var wrong: String
    package var remedy: String

    /// - `path`: the names of members, from the outermost.
    package init(at path: [String] = [], _ wrong: String, _ remedy: String) {
        pointer = path.reduce("#") { $0 + "/" + Self.escaped($1) }
        self.wrong = wrong
        self.remedy = remedy
    }

    package var detail: String { "\(wrong); \(remedy)." }

    /// RFC 6901 §3 and §6: what a pointer and a fragment may not hold as it is.
    private static func escaped(_ name: String) -> String {
        var text = ""
        for byte in name.utf8.prefix(64) {
            switch byte {
            case UInt8(ascii: "~"): text += "~0"
            case UInt8(ascii: "/"): text += "~1"
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
                text.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                text += digits.utf8.count == 1 ? "%0\(digits)" : "%\(digits)"
            }
        }
        return text
    }
}
