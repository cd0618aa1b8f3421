package import QueueStore
package import RecordChain
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
        var chain: ChainChecker
        /// Of the last event.
        var sequence: UInt64 = 0
    }

    private let log: StreamLog
    private let reader: StreamReader
    private let room: RoomID
    private let opened: Timestamp
    private let progress: Mutex<Progress>

    init(
        log: StreamLog, reader: StreamReader, room: RoomID, opened: Timestamp, end: UInt64, chain: ChainChecker
    ) {
        self.log = log
        self.reader = reader
        self.room = room
        self.opened = opened
        progress = Mutex(Progress(end: end, chain: chain))
    }

    /// Whether what was read is what was published.
    package var chain: ChainChecker { progress.withLock(\.chain) }

    package func next() async throws -> [RoomEvent]? {
        try await log.blocking { [self] _ in
            var (end, read) = progress.withLock { ($0.end, $0.read) }
            guard read < end else { return nil }
            var events: [RoomEvent] = []
            for message in try reader.next(Self.batch, milliseconds: Self.patience) {
                read = message.sequence
                switch try StreamLog.read(message) {
                // Of an earlier history there may be events too.
                case .event(let event, self.opened):
                    events.append(event)
                    witness(message, of: event)
                case .restored(let notice) where notice.opened == self.opened: witness(message, of: nil)
                case .event, .restored, nil: break
                }
            }
            progress.withLock { $0.read = read }
            return events
        }
    }

    /// What was stored twice, long after the server had forgotten its id, is one event.
    private func witness(_ message: StoredMessage, of event: RoomEvent?) {
        progress.withLock { progress in
            if let event {
                guard event.sequence > progress.sequence else { return }
                progress.sequence = event.sequence
            }
            progress.chain.observe(message.body[...], sequence: event?.sequence)
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
