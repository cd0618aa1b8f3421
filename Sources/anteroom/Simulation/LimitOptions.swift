import AnteroomServer
import ArgumentParser
import RoomConfiguration
import WaitingRoom

/// A room's limits to try, written as the configuration writes them.
struct LimitOptions: ParsableArguments {
    @Option(help: "Slots.") var maxActiveUsers: String?
    @Option(help: "Places in line; 0 is any number.") var maxQueueSize: String?
    @Option(help: "Such as 10 (per second) or 500/min.") var queueRate: String?
    @Option(help: "Such as 10m.") var sessionTimeout: String?
    @Option(help: "Such as 10s.") var heartbeatInterval: String?
    @Option(help: "Such as 60s.") var heartbeatTimeout: String?
    @Option(help: "Such as 60s.") var claimTimeout: String?
    @Option(help: "Such as 1s.") var admissionInterval: String?
    @Option(help: "Such as 10s; 0s is strict join order.") var shuffleWindow: String?

    func apply(to schedule: inout RoomSchedule) throws {
        let given: [(RoomLimit, String?)] = [
            (.maxActiveUsers, maxActiveUsers), (.maxQueueSize, maxQueueSize), (.queueRate, queueRate),
            (.sessionTimeout, sessionTimeout), (.heartbeatInterval, heartbeatInterval),
            (.heartbeatTimeout, heartbeatTimeout), (.claimTimeout, claimTimeout),
            (.admissionInterval, admissionInterval), (.shuffleWindow, shuffleWindow),
        ]
        for case (let limit, let text?) in given {
            do {
                try schedule.base.set(limit, to: text)
            } catch {
                throw Refusal("\(error)")
            }
        }
    }
}
