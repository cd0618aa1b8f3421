import QueueStore
import WaitingRoom

/// The word in the stream that a room's history goes on in a restored store: from here on events of any other store are
/// none of the room's. CloudEvents 1.0 in JSON, subject `waiting_room.<room>.room.restored`; not one of the room's
/// events, so it has no sequence.
struct RestorationNotice: Hashable, Sendable {
    static let type = "room.restored"

    let room: RoomID
    let opened: Timestamp
    /// The restored store's.
    let generation: String
    /// Of the last event that was restored.
    let lastSequence: UInt64
    /// By the store's clock.
    let time: Timestamp

    static func subject(of room: RoomID) -> String { "waiting_room.\(room).\(type)" }

    /// Not of an event's form: a generation is no number.
    var id: String { "\(room)-\(opened.milliseconds)-\(lastSequence)-\(generation)" }

    var json: [UInt8] {
        JSONText.notice(Self.type, id: id, of: room, at: time) {
            $0.member("queue_id", room.text)
            $0.member("generation", generation)
            $0.member("opened_at", opened)
            $0.member("last_sequence", Int(clamping: lastSequence))
        }
    }
}
