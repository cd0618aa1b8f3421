package import QueueStore
import Synchronization
package import WaitingRoom

/// A room's events, read from the stream. For one reader.
package final class StreamHistory: RecordedHistory {
    private static let batch = 2_000
    /// How long the server may be silent though there is more.
    private static let patience: Int64 = 5_000

    private struct Progress {
        /// The room's last message that is to be read.
        var end: UInt64
        var read: UInt64 = 0
    }

    private let log: StreamLog
    private let reader: StreamReader
    private let room: RoomID
    private let opened: Timestamp
    private let progress: Mutex<Progress>

    init(log: StreamLog, reader: StreamReader, room: RoomID, opened: Timestamp, end: UInt64) {
        self.log = log
        self.reader = reader
        self.room = room
        self.opened = opened
        progress = Mutex(Progress(end: end))
    }

    package func next() async throws -> [RoomEvent]? {
        try await log.blocking { [self] _ in
            var (end, read) = progress.withLock { ($0.end, $0.read) }
            guard read < end else { return nil }
            var events: [RoomEvent] = []
            for message in try reader.next(Self.batch, milliseconds: Self.patience) {
                read = message.sequence
                guard case .event(let event, let opened) = try StreamLog.read(message) else { continue }
                // Of an earlier history there may be events too.
                if opened == self.opened { events.append(event) }
            }
            progress.withLock { $0.read = read }
            return events
        }
    }

    package func seal(_ restored: RestoredRoom) async throws -> Bool {
        let notice = RestorationNotice(
            room: room, opened: opened, generation: restored.generation, lastSequence: restored.lastSequence,
            time: restored.time)
        return try await log.blocking { [self] log in
            if try log.seal(notice, after: progress.withLock(\.read)) { return true }
            guard let end = try log.end(of: room)?.position else {
                throw NATSError(.refused, "the stream holds nothing of room \(room) any more")
            }
            progress.withLock { $0.end = end }
            return false
        }
    }
}
