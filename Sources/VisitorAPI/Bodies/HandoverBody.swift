import APIBodies

/// The body of `handover/claim`: the code, and what the caller calls its attempt; further members are ignored.
struct HandoverBody {
    var code: HandoverCode
    /// Repeating the call with the same one finds the same place. Nil: another each time.
    var attempt: String?

    /// In bytes.
    static let longestAttempt = 64

    private struct JSON: Decodable {
        var code: String?
        var attempt: String?
    }

    init(_ bytes: [UInt8]) throws(BodyMistake) {
        let json = try BodyDecoding.object(JSON.self, in: bytes, remedy: Self.remedy)
        guard let text = json?.code else { throw BodyMistake(at: ["code"], "there is no code", Self.remedy(["code"])) }
        guard let code = HandoverCode(typed: text) else {
            throw BodyMistake(at: ["code"], "code is none", Self.remedy(["code"]))
        }
        self.code = code
        attempt = json?.attempt
        if let count = attempt?.utf8.count, count > Self.longestAttempt {
            throw BodyMistake(at: ["attempt"], "attempt has \(count) bytes", Self.remedy(["attempt"]))
        }
    }

    private static func remedy(_ path: [String]) -> String {
        switch path.first {
        case "code": "write the eight letters and digits of the code as a string"
        case "attempt": "write a string of at most \(longestAttempt) bytes"
        default: "send a JSON object such as {\"code\": \"0123-ABCD\"}"
        }
    }
}
