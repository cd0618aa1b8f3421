import APIBodies
import WaitingRoom

/// The body of `POST drain`.
struct DrainBody: CallBody {
    let scope: DrainScope
    /// Nil: all who have joined by now.
    let until: UInt64?

    init(_ bytes: [UInt8]) throws(BodyMistake) {
        let body = try BodyObject(
            bytes, names: ["scope", "until"], remedy: "send a JSON object such as {\"scope\": \"line\"}")
        let remedy = "write line, sessions or all"
        guard let text = try body.text("scope", remedy: remedy) else {
            throw BodyMistake(at: ["scope"], "scope is missing", remedy)
        }
        guard let scope = DrainScope(rawValue: text) else {
            throw BodyMistake(at: ["scope"], "scope is none that there is", remedy)
        }
        self.scope = scope
        until = try body.number("until", in: 0...(1 << 53 - 1), remedy: "write the until of the last answer, or null")
            .map(UInt64.init)
    }
}
