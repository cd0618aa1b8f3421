import APIBodies

/// The body of a heartbeat: `timestamp` may say, in milliseconds, when it was sent. Nobody goes by it, because clients'
/// clocks differ; further members are ignored, and an empty body is an empty object.
struct HeartbeatBody {
    private struct JSON: Decodable {
        var timestamp: Double?
    }

    init(_ bytes: [UInt8]) throws(BodyMistake) {
        let json = try BodyDecoding.object(JSON.self, in: bytes) { path in
            path.isEmpty
                ? "send a JSON object such as {\"timestamp\": 1795240000000}, or nothing"
                : "write a number of milliseconds since 1970"
        }
        guard let timestamp = json?.timestamp, timestamp < 0 else { return }
        throw BodyMistake(at: ["timestamp"], "timestamp is negative", "write a number of milliseconds since 1970")
    }
}
