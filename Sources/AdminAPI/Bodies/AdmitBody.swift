import APIBodies

/// The body of `POST admit`.
struct AdmitBody: CallBody {
    static let counts = 1...10_000

    let count: Int

    init(_ bytes: [UInt8]) throws(BodyMistake) {
        let remedy = "write a whole number from \(Self.counts.lowerBound) to \(Self.counts.upperBound)"
        let body = try BodyObject(bytes, names: ["count"], remedy: "send a JSON object such as {\"count\": 50}")
        guard let count = try body.number("count", in: Self.counts, remedy: remedy) else {
            throw BodyMistake(at: ["count"], "count is missing", remedy)
        }
        self.count = count
    }
}
