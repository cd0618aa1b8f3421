package import WaitingRoom

/// A key of a room that may be tried out with another value than the file's.
package enum RoomLimit: String, CaseIterable, Sendable {
    case maxActiveUsers = "max_active_users"
    case maxQueueSize = "max_queue_size"
    case queueRate = "queue_rate"
    case sessionTimeout = "session_timeout"
    case heartbeatInterval = "heartbeat_interval"
    case heartbeatTimeout = "heartbeat_timeout"
    case claimTimeout = "claim_timeout"
    case admissionInterval = "admission_interval"
    case shuffleWindow = "shuffle_window"
}

extension RoomSettings {
    /// Sets one limit to what the configuration would read from `text`.
    /// - Throws: `RoomLimitMistake`
    package mutating func set(_ limit: RoomLimit, to text: String) throws {
        do throws(Mistake) {
            switch limit {
            case .maxActiveUsers: maxActiveUsers = try ScalarForm.slots.parse(text)
            case .maxQueueSize: maxQueueSize = try ScalarForm.lineLength.parse(text)
            case .queueRate: queueRate = try ScalarForm.rate.parse(text)
            case .sessionTimeout: sessionTimeout = try ScalarForm.sessionTimeout.parse(text)
            case .heartbeatInterval: heartbeatInterval = try ScalarForm.heartbeatInterval.parse(text)
            case .heartbeatTimeout: heartbeatTimeout = try ScalarForm.heartbeatTimeout.parse(text)
            case .claimTimeout: claimTimeout = try ScalarForm.claimTimeout.parse(text)
            case .admissionInterval: admissionInterval = try ScalarForm.admissionInterval.parse(text)
            case .shuffleWindow: shuffleWindow = try ScalarForm.shuffleWindow.parse(text)
            }
        } catch {
            throw RoomLimitMistake(limit: limit, message: "\(error.wrong); \(error.remedy)")
        }
    }
}

/// Why a limit cannot have a value, and what it could have.
package struct RoomLimitMistake: Error, Hashable, Sendable, CustomStringConvertible {
    package let limit: RoomLimit
    let message: String

    package var description: String { "\(limit.rawValue): \(message)" }
}

extension ScalarForm<Int> {
    static var lineLength: Self { integer(0...100_000_000) }
}

extension ScalarForm<Milliseconds> {
    private static var short: Milliseconds { Milliseconds(100) }

    static var sessionTimeout: Self { duration(short...Milliseconds.hours(168)) }
    static var heartbeatInterval: Self { duration(short...Milliseconds.hours(1)) }
    static var heartbeatTimeout: Self { duration(short...Milliseconds.hours(24)) }
    static var claimTimeout: Self { duration(short...Milliseconds.hours(24)) }
    static var admissionInterval: Self { duration(short...Milliseconds.minutes(1)) }
    static var shuffleWindow: Self { duration(Milliseconds(0)...Milliseconds.hours(1)) }
}
