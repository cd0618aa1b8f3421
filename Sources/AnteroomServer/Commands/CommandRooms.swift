import NATSBus
import RoomConfiguration
import WaitingRoom

/// What commands need that look at rooms beside the gates.
enum CommandRooms {
    static func named(_ name: String?, in configuration: Configuration) throws -> [RoomID] {
        let all = configuration.rooms.map(\.settings.id)
        guard let name else { return all }
        guard let room = all.first(where: { $0.text == name }) else {
            throw Refusal("there is no room \(name); the rooms are \(all.map(\.text).joined(separator: ", "))")
        }
        return [room]
    }

    static func log(_ configuration: Configuration) throws -> StreamLog {
        guard let address = configuration.events.nats else {
            throw Refusal("events.nats_url is not set: without NATS there is no record of the rooms' events")
        }
        return try StreamLog(address, name: "anteroom-command")
    }
}
