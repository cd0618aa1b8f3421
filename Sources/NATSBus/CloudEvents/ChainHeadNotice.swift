import QueueStore
import RecordChain
import WaitingRoom

/// A signed word of how far the chain over a room's events has come. CloudEvents 1.0 in JSON, beside the subjects of
/// rooms: none of their events.
struct ChainHeadNotice {
    static let type = "chain.head"

    let head: ChainHead
    /// A JWS (docs/RECORD.md).
    let signature: String
    let time: Timestamp

    /// No room's id has an underscore.
    static func subject(of room: RoomID) -> String { "waiting_room.chain_head.\(room)" }

    /// The same at every gate.
    var id: String { "chain-\(head.room)-\(head.opened.milliseconds)-\(head.sequence)-\(head.hash)" }

    var json: [UInt8] {
        JSONText.notice(Self.type, id: id, of: head.room, at: time) {
            $0.member("queue_id", head.room.text)
            $0.member("opened_at", head.opened)
            $0.member("sequence", Int(clamping: head.sequence))
            $0.member("chainhash", head.hash.description)
            $0.member("signature", signature)
        }
    }
}
