import QueueStore
import WaitingRoom

/// As entries are kept: one JSON object each.
extension AuditEntry {
    package var json: [UInt8] {
        var text = JSONText()
        text.object {
            $0.member("time", time)
            $0.member("actor", actor)
            $0.member("queue_id", room.text)
            $0.member("sequence", Int(clamping: sequence))
            $0.member("action", action)
            $0.member("detail", detail)
        }
        return text.bytes
    }

    /// Nil where the text is none that `json` wrote.
    package init?(json: [UInt8]) {
        var reader = RecordReader()
        guard reader.read(json: json), let time = reader.string("time").flatMap({ Timestamp(rfc3339: $0) }),
            let actor = reader.string("actor"), let room = reader.string("queue_id").flatMap({ RoomID($0) }),
            let sequence = reader.unsigned("sequence", in: .root), let action = reader.string("action"),
            let detail = reader.string("detail")
        else { return nil }
        self.init(time: time, actor: actor, room: room, sequence: sequence, action: action, detail: detail)
    }
}
