import QueueStore
import WaitingRoom

extension JSONText {
    /// A word about a room that is none of its events, as CloudEvents 1.0 in JSON.
    static func notice(
        _ type: String, id: String, of room: RoomID, at time: Timestamp, data: (inout JSONText) -> Void
    ) -> [UInt8] {
        var text = JSONText()
        text.object {
            $0.member("specversion", "1.0")
            $0.member("id", id)
            $0.member("source", "/anteroom/rooms/\(room)")
            $0.member("type", type)
            $0.member("time", time)
            $0.member("datacontenttype", "application/json")
            $0.member("data", object: data)
        }
        return text.bytes
    }
}
