import WaitingRoom

/// How far a room's history has come. As text, with the room before it, it is the id of that event.
struct EventMark: Hashable, Sendable {
    /// When the history began.
    let opened: Timestamp
    let sequence: UInt64

    func id(of room: String) -> String { "\(room)-\(opened.milliseconds)-\(sequence)" }

    /// Nil if this is no event's id. A room's id may have hyphens, the two numbers have none.
    static func read(_ id: String) -> (room: String, mark: EventMark)? {
        let parts = id.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count >= 3, let sequence = UInt64(parts[parts.count - 1]),
            let opened = Int64(parts[parts.count - 2])
        else { return nil }
        let room = parts.dropLast(2).joined(separator: "-")
        return (room, EventMark(opened: Timestamp(milliseconds: opened), sequence: sequence))
    }
}
