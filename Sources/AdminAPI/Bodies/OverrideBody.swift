import APIBodies
import RoomConfiguration
import WaitingRoom

/// The body of `PATCH overrides`: what is left out stays, null clears, and the rest is set.
struct OverrideBody: CallBody {
    static let slots = 1...100_000_000
    private static let names = ["status", "queue_rate", "max_active_users"]

    private enum Change<Value> {
        case keep, clear
        case set(Value)

        func apply(to value: inout Value?) {
            switch self {
            case .keep: break
            case .clear: value = nil
            case .set(let new): value = new
            }
        }
    }

    private var status = Change<RoomStatus>.keep
    private var queueRate = Change<Rate>.keep
    private var maxActiveUsers = Change<Int>.keep

    init(_ bytes: [UInt8]) throws(BodyMistake) {
        let body = try BodyObject(
            bytes, names: Self.names,
            remedy: "send a JSON object such as {\"status\": \"paused\", \"queue_rate\": null}")
        if body.contains("status") {
            let remedy = "write active, paused, maintenance or null"
            status = .clear
            if let text = try body.text("status", remedy: remedy) {
                guard let value = RoomStatus(rawValue: text) else {
                    throw BodyMistake(at: ["status"], "status is no status", remedy)
                }
                status = .set(value)
            }
        }
        if body.contains("queue_rate") {
            let remedy = "write 10/s, 500/min, 3000/h or null"
            queueRate = .clear
            if let text = try body.text("queue_rate", remedy: remedy) {
                guard let value = Rate(configured: text) else {
                    throw BodyMistake(at: ["queue_rate"], "queue_rate is no rate of at least 1/h", remedy)
                }
                queueRate = .set(value)
            }
        }
        if body.contains("max_active_users") {
            let remedy = "write a whole number from \(Self.slots.lowerBound) to \(Self.slots.upperBound), or null"
            maxActiveUsers = .clear
            if let value = try body.number("max_active_users", in: Self.slots, remedy: remedy) {
                maxActiveUsers = .set(value)
            }
        }
    }

    func change(_ overrides: inout RoomOverrides) {
        status.apply(to: &overrides.status)
        queueRate.apply(to: &overrides.queueRate)
        maxActiveUsers.apply(to: &overrides.maxActiveUsers)
    }
}

extension RoomOverrides {
    /// For the log and the audit.
    var words: String {
        let words = [
            status.map { "status: \($0.rawValue)" }, queueRate.map { "queue_rate: \($0.text)" },
            maxActiveUsers.map { "max_active_users: \($0)" },
        ].compactMap(\.self)
        return words.isEmpty ? "none" : words.joined(separator: ", ")
    }
}
