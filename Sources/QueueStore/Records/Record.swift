import RecordChain
import WaitingRoom

/// One line of a journal or a snapshot.
enum Record: Hashable, Sendable {
    /// The first of a file.
    case header(FileHeader)
    case event(RoomEvent)
    /// A room's total of heartbeats, which are not events.
    case heartbeats(RoomID, total: Int)
    /// In snapshots: a room, the hash of its last event, and behind it its positions.
    case room(RoomImage, chain: ChainHash?)
    case position(PositionImage)
    case pass(RoomID, PassImage)
    /// The last of a snapshot: how many records came before it.
    case end(records: Int)
}

/// What a file says of itself.
struct FileHeader: Hashable, Sendable {
    /// Raised when an older gate could no longer understand what follows.
    static let currentVersion = 1

    enum Content: String, Sendable {
        case journal, snapshot
    }

    var content: Content
    var version = currentVersion
    /// Of the file; a snapshot holds what was true before the first record of the journal with its number.
    var number: UInt64
}
