package import WaitingRoom

/// How far the chain over a room's record has come.
package struct ChainHead: Hashable, Sendable {
    package let room: RoomID
    /// When the room's history began.
    package let opened: Timestamp
    /// Of the last event.
    package let sequence: UInt64
    package let hash: ChainHash

    package init(room: RoomID, opened: Timestamp, sequence: UInt64, hash: ChainHash) {
        self.room = room
        self.opened = opened
        self.sequence = sequence
        self.hash = hash
    }
}
