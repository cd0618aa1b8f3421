package import WaitingRoom

/// One thing that was done to a room.
package struct AuditEntry: Hashable, Sendable {
    /// Who stands for the configuration's file.
    static let file = "file"
    /// How many of the latest entries are kept.
    package static let kept = 1000

    package var time: Timestamp
    /// An operator's name, or `file`.
    package var actor: String
    package var room: RoomID
    /// Of the event that says it: an event told twice is one entry.
    package var sequence: UInt64
    /// The event's kind.
    package var action: String
    /// What exactly, for a person.
    package var detail: String

    package init(
        time: Timestamp, actor: String, room: RoomID, sequence: UInt64, action: String, detail: String
    ) {
        self.time = time
        self.actor = actor
        self.room = room
        self.sequence = sequence
        self.action = action
        self.detail = detail
    }
}
