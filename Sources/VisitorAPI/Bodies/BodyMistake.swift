import QueueStore

/// What is wrong with the body of an API call, for the caller: the place, the mistake and what would be right.
struct BodyMistake: Error, Hashable {
    /// A JSON pointer (RFC 6901) as the fragment of a URI; `#` is the whole body.
    var pointer: String
    var wrong: String
    var remedy: String

    /// - Parameter path: the names of members, from the outermost.
    init(at path: [String] = [], _ wrong: String, _ remedy: String) {
        pointer = path.reduce("#") { $0 + "/" + Self.escaped($1) }
        self.wrong = wrong
        self.remedy = remedy
    }

    var detail: String { "\(wrong); \(remedy)." }

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

extension VisitorResponse {
    /// 400, with the member `errors` as in the example of RFC 9457 §3.
    static func problem(_ mistake: BodyMistake) -> VisitorResponse {
        var json = JSONText()
        json.object {
            $0.member("type", "about:blank")
            $0.member("title", "Bad Request")
            $0.member("status", 400)
            $0.member("detail", mistake.detail)
            $0.member("errors", objects: [mistake]) { error, mistake in
                error.member("pointer", mistake.pointer)
                error.member("detail", mistake.detail)
            }
        }
        return VisitorResponse(
            status: 400, contentType: "application/problem+json",
            fields: [("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff")], body: json.bytes)
    }
}
