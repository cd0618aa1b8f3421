import APIBodies
import RoomConfiguration
import WaitingRoom

/// The body of `PATCH overrides`: what is left out stays, null clears, and the rest is set.
struct OverrideBody: CallBody {
    static let slots = 1...100_000_000
    private static let names = ["status", "queue_rate", "max_active_users"]

    private(set) var changes = RoomOverrides.Changes()

    init(_ bytes: [UInt8]) throws(BodyMistake) {
        let body = try BodyObject(
            bytes, names: Self.names,
            remedy: "send a JSON object such as {\"status\": \"paused\", \"queue_rate\": null}")
        if body.contains("status") {
            let remedy = "write active, paused, maintenance or null"
            changes.status = .clear
            if let text = try body.text("status", remedy: remedy) {
                guard let value = RoomStatus(rawValue: text) else {
                    throw BodyMistake(at: ["status"], "status is no status", remedy)
                }
                changes.status = .set(value)
            }
        }
        if body.contains("queue_rate") {
            let remedy = "write 10/s, 500/min, 3000/h or null"
            changes.queueRate = .clear
            if let text = try body.text("queue_rate", remedy: remedy) {
                guard let value = Rate(configured: text) else {
                    throw BodyMistake(at: ["queue_rate"], "queue_rate is no rate of at least 1/h", remedy)
                }
                changes.queueRate = .set(value)
            }
        }
        if body.contains("max_active_users") {
            let remedy = "write a whole number from \(Self.slots.lowerBound) to \(Self.slots.upperBound), or null"
            changes.maxActiveUsers = .clear
            if let value = try body.number("max_active_users", in: Self.slots, remedy: remedy) {
                changes.maxActiveUsers = .set(value)
            }
        }
    }
}

extension RoomOverrides {
    /// For the log and the audit.
    var words: String {
        let words = [
            status.map { "status: \($0.rawValue)" }, queueRate.map { "queue_rate: \($0.text)" },
            maxActiveUsers.map { "max_active_users: \($0)" },
        ].compactMap(\.self)
        return words.isEmpty ? "none: the file holds" : words.joined(separator: ", ")
    }
}
