import Dispatch
import Logging
import RecordChain
import Synchronization
package import WaitingRoom

/// The embedded event log: append-only files of one record a line, and snapshots from which they begin anew.
///
/// One writer on a queue of its own takes what has gathered since its last write and appends it with one write(2)
/// (group commit), so many steps share a system call and no event loop ever waits for a disk. About a second after a
/// write the file is synchronised. So acknowledged steps survive the end of the process, and all but the last second
/// the loss of power.
package final class Journal: EventLog {
    private enum Item: Sendable {
        case entry(LogEntry)
        /// Go on in a new file; what came before is in this state.
        case rotation([Room])

        var isRotation: Bool {
            switch self {
            case .entry: false
            case .rotation: true
            }
        }
    }

    private struct Waiter {
        let ticket: LogTicket
        let continuation: CheckedContinuation<StoreError?, Never>
    }

    /// Shared by callers and the writer.
    private struct State {
        var pending: [Item] = []
        /// Items appended so far.
        var appended: UInt64 = 0
        var isWriterScheduled = false
        var waiters: [Waiter] = []
        var isSealed = false
        var isCompacting = false
        /// The journal is large enough, and what it holds is synchronised, so that ending it stalls nobody.
        var isRotationDue = false
        var observer: (@Sendable ([RoomEvent]) -> Void)?
        /// In journal files since the last snapshot began.
        var journalBytes: Int64
        var snapshotBytes: Int64
    }

    /// A batch that is encoded and not wholly written.
    private struct Batch {
        var bytes: ArraySlice<UInt8>
        let events: [RoomEvent]
        let rotation: [Room]?
        /// After its last event.
        let chains: [RoomID: ChainHash]
        let ticket: LogTicket
    }

    /// Used on `queue` alone, but for the synchronisation, which reads `file`.
    private struct Writer {
        var file: any AppendableFile
        var number: UInt64
        var batch: Batch?
        var encoder = RecordWriter()
        /// The hash of each room's last event that was encoded.
        var chains: [RoomID: ChainHash]
        var isSynchronizationScheduled = false
        /// The last synchronisation failed.
        var mustSynchronize = false
        var isClosed = false
    }

    private static let synchronizationDelay = DispatchTimeInterval.seconds(1)

    private let files: any FileSystem
    private let directory: JournalDirectory
    private let lock: any FileLock
    private let compactionSize: Int64
    private let logger: Logger
    private let state: Mutex<State>
    private let writer: Mutex<Writer>
    /// Everything up to here is written.
    private let written = Atomic<UInt64>(0)
    /// The same of those that are written, with their sequences.
    private let heads: Mutex<[RoomID: RecordedHead]>
    /// Why nothing can be written now; read without waiting when there is nothing to read.
    private let failure = Mutex<StoreError?>(nil)
    private let isFailing = Atomic(false)

    private let queue = DispatchQueue(label: "anteroom.journal")
    private let synchronizationQueue = DispatchQueue(label: "anteroom.journal.sync")
    private let snapshotQueue = DispatchQueue(label: "anteroom.journal.snapshot", qos: .utility)

    init(
        files: any FileSystem, directory: JournalDirectory, lock: any FileLock, file: any AppendableFile,
        number: UInt64, heads: [RoomID: RecordedHead], journalBytes: Int64, snapshotBytes: Int64, compactionSize: Int64,
        logger: Logger
    ) {
        self.files = files
        self.directory = directory
        self.lock = lock
        self.compactionSize = compactionSize
        self.logger = logger
        state = Mutex(State(journalBytes: journalBytes, snapshotBytes: snapshotBytes))
        writer = Mutex(Writer(file: file, number: number, chains: heads.mapValues(\.hash)))
        self.heads = Mutex(heads)
    }

    package func deliver(to observer: @escaping @Sendable ([RoomEvent]) -> Void) {
        state.withLock { $0.observer = observer }
    }

    package func requireWritable() throws(StoreError) {
        guard isFailing.load(ordering: .acquiring) else { return }
        let failure = failure.withLock { $0 }
        scheduleWriter()
        if let failure { throw failure }
    }

    package func append(_ entries: [LogEntry], rooms: () -> [Room]) -> LogTicket {
        state.withLock { state in
            for entry in entries { state.pending.append(.entry(entry)) }
            state.appended += UInt64(entries.count)
            if state.isRotationDue, !state.isSealed {
                state.isRotationDue = false
                state.journalBytes = 0
                state.pending.append(.rotation(rooms()))
                state.appended += 1
            }
            // Not before the journal outgrows its snapshot: so compaction costs a fixed part of what writing costs.
            if state.journalBytes >= max(compactionSize, state.snapshotBytes), !state.isCompacting {
                state.isCompacting = true
                synchronizationQueue.async {
                    _ = self.synchronize()
                    self.state.withLock { $0.isRotationDue = true }
                }
            }
            return LogTicket(position: state.appended)
        }
    }

    package func durable(_ ticket: LogTicket) async throws(StoreError) {
        guard written.load(ordering: .acquiring) < ticket.position else { return }
        let failure = await withCheckedContinuation { continuation in
            let isWritten = state.withLock { state in
                if written.load(ordering: .acquiring) >= ticket.position { return true }
                state.waiters.append(Waiter(ticket: ticket, continuation: continuation))
                return false
            }
            if isWritten { continuation.resume(returning: nil) } else { scheduleWriter() }
        }
        if let failure { throw failure }
    }

    package func seal(_ rooms: [Room]) {
        let wasSealed = state.withLock { state in
            defer { state.isSealed = true }
            if !state.isSealed, state.journalBytes > 0 {
                state.pending.append(.rotation(rooms))
                state.appended += 1
            }
            return state.isSealed
        }
        if !wasSealed { fail(StoreError(.unavailable, "the store is closed")) }
    }

    package func close() async throws(StoreError) {
        let last = state.withLock { LogTicket(position: $0.appended) }
        let failure: StoreError?
        do throws(StoreError) {
            try await durable(last)
            failure = nil
        } catch {
            failure = error
        }
        // A rotation comes after its waiters, and leads to a snapshot.
        for queue in [queue, snapshotQueue] {
            await withCheckedContinuation { continuation in queue.async { continuation.resume() } }
        }
        let synchronization = await withCheckedContinuation { continuation in
            synchronizationQueue.async { continuation.resume(returning: self.synchronize()) }
        }
        writer.withLock { writer in
            writer.file.close()
            writer.isClosed = true
        }
        lock.release()
        if let error = failure ?? synchronization { throw error }
    }

    /// How far a room's chain has come in what is written; nil if nothing of it is.
    package func chainHead(of room: RoomID) -> RecordedHead? { heads.withLock { $0[room] } }

    // MARK: The writer

    private func scheduleWriter() {
        let isNeeded = state.withLock { state in
            guard !state.isWriterScheduled else { return false }
            state.isWriterScheduled = true
            return true
        }
        if isNeeded { queue.async { self.write() } }
    }

    /// Writes until nothing is left or a write fails.
    private func write() {
        writer.withLock { writer in
            while true {
                if writer.mustSynchronize {
                    do throws(FileError) {
                        try writer.file.synchronize()
                        writer.mustSynchronize = false
                    } catch {
                        return giveUp(error)
                    }
                }
                guard let batch = writer.batch ?? nextBatch(&writer.encoder, &writer.chains) else { return }
                writer.batch = batch
                if let error = append(&writer) { return giveUp(error) }
                writer.batch = nil
                finish(batch, &writer)
            }
        }
    }

    /// What has gathered, up to a rotation; nil ends the writer's run.
    private func nextBatch(_ encoder: inout RecordWriter, _ chains: inout [RoomID: ChainHash]) -> Batch? {
        let (items, ticket) = state.withLock { state -> ([Item], LogTicket) in
            var items = state.pending
            if let rotation = items.firstIndex(where: \.isRotation), rotation + 1 < items.count {
                state.pending = Array(items[(rotation + 1)...])
                items.removeSubrange((rotation + 1)...)
            } else {
                state.pending = []
            }
            if items.isEmpty { state.isWriterScheduled = false }
            return (items, LogTicket(position: state.appended - UInt64(state.pending.count)))
        }
        guard !items.isEmpty else {
            recoverFromFailure()
            return nil
        }
        encoder.removeAll()
        var events: [RoomEvent] = []
        var rotation: [Room]?
        for item in items {
            switch item {
            case .entry(.event(let event)):
                encoder.write(event, after: &chains[event.room])
                events.append(event)
            case .entry(.heartbeats(let room, let total)): encoder.write(.heartbeats(room, total: total))
            case .rotation(let rooms): rotation = rooms
            }
        }
        return Batch(
            bytes: encoder.bytes[...], events: events, rotation: rotation, chains: chains, ticket: ticket)
    }

    private func append(_ writer: inout Writer) -> FileError? {
        guard var batch = writer.batch, !batch.bytes.isEmpty else { return nil }
        let result = writer.file.append(batch.bytes)
        batch.bytes = batch.bytes.dropFirst(result.written)
        writer.batch = batch
        state.withLock { $0.journalBytes += Int64(result.written) }
        return result.failure
    }

    private func finish(_ batch: Batch, _ writer: inout Writer) {
        recoverFromFailure()
        scheduleSynchronization(&writer)
        heads.withLock { heads in
            for event in batch.events {
                if let hash = batch.chains[event.room] {
                    heads[event.room] = RecordedHead(sequence: event.sequence, hash: hash)
                }
            }
        }
        let observer = state.withLock { $0.observer }
        if !batch.events.isEmpty { observer?(batch.events) }
        let waiters = state.withLock { state in
            written.store(batch.ticket.position, ordering: .releasing)
            let split = state.waiters.partition { $0.ticket <= batch.ticket }
            let ready = state.waiters[split...]
            state.waiters.removeSubrange(split...)
            return ready
        }
        for waiter in waiters { waiter.continuation.resume(returning: nil) }
        if let rooms = batch.rotation { rotate(rooms, batch.chains, &writer) }
    }

    // MARK: Failure

    /// Everybody who waits is told; the batch stays and is written first when there is another attempt.
    private func giveUp(_ error: FileError) {
        let failure = StoreError(.unavailable, "\(error.description); joins are refused until it can be written")
        logger.error("Journal cannot be written", metadata: ["reason": "\(error.description)"])
        fail(failure)
        let waiters = state.withLock { state in
            state.isWriterScheduled = false
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.continuation.resume(returning: failure) }
    }

    private func fail(_ error: StoreError) {
        failure.withLock { $0 = error }
        isFailing.store(true, ordering: .releasing)
    }

    private func recoverFromFailure() {
        guard isFailing.load(ordering: .acquiring), !state.withLock(\.isSealed) else { return }
        failure.withLock { $0 = nil }
        isFailing.store(false, ordering: .releasing)
        logger.notice("Journal can be written again")
    }

    // MARK: Synchronisation

    private func scheduleSynchronization(_ writer: inout Writer) {
        guard !writer.isSynchronizationScheduled else { return }
        writer.isSynchronizationScheduled = true
        synchronizationQueue.asyncAfter(deadline: .now() + Self.synchronizationDelay) { [weak self] in
            _ = self?.synchronize()
        }
    }

    /// Runs beside the writer: a slow disk delays no step.
    private func synchronize() -> StoreError? {
        let file: (any AppendableFile)? = writer.withLock { writer in
            writer.isSynchronizationScheduled = false
            return writer.isClosed ? nil : writer.file
        }
        // One that was put off until after the end has nothing to do: the end brought everything to the disk.
        guard let file else { return nil }
        do throws(FileError) {
            try file.synchronize()
            return nil
        } catch {
            logger.critical("Journal cannot be synchronised", metadata: ["reason": "\(error.description)"])
            writer.withLock { $0.mustSynchronize = true }
            let failure = StoreError(.unavailable, error.description)
            fail(failure)
            return failure
        }
    }

    // MARK: Compaction

    /// Goes on in a new file and has the state at its beginning written beside. If the file cannot be begun, the old
    /// one goes on.
    private func rotate(_ rooms: [Room], _ chains: [RoomID: ChainHash], _ writer: inout Writer) {
        let number = writer.number + 1
        do throws(FileError) {
            try writer.file.synchronize()
            let file = try begin(number)
            writer.file.close()
            writer.file = file
            writer.number = number
        } catch {
            logger.error("Journal cannot be compacted", metadata: ["reason": "\(error.description)"])
            try? files.remove(directory.journal(number))
            state.withLock { $0.isCompacting = false }
            return
        }
        snapshotQueue.async { self.writeSnapshot(rooms, chains, number) }
    }

    private func begin(_ number: UInt64) throws(FileError) -> any AppendableFile {
        let file = try Self.begin(directory.journal(number), number, in: files)
        try files.synchronizeDirectory(directory.path)
        return file
    }

    /// A journal file with its header and nothing else.
    static func begin(
        _ path: String, _ number: UInt64, in files: some FileSystem
    ) throws(FileError) -> any AppendableFile {
        let file = try files.append(to: path, keeping: 0)
        var writer = RecordWriter()
        writer.write(.header(FileHeader(content: .journal, number: number)))
        let result = file.append(writer.bytes[...])
        if let failure = result.failure {
            file.close()
            throw failure
        }
        return file
    }

    private func writeSnapshot(_ rooms: [Room], _ chains: [RoomID: ChainHash], _ number: UInt64) {
        defer { state.withLock { $0.isCompacting = false } }
        do throws(FileError) {
            let length = try Self.write(rooms, chains, number, directory, files)
            state.withLock { $0.snapshotBytes = length }
            try removeFiles(before: number)
            logger.info("Journal compacted", metadata: ["snapshot": "\(number)", "bytes": "\(length)"])
        } catch {
            // The older snapshot and all journals since are still there.
            logger.error("Snapshot cannot be written", metadata: ["reason": "\(error.description)"])
        }
    }

    private static func write(
        _ rooms: [Room], _ chains: [RoomID: ChainHash], _ number: UInt64, _ directory: JournalDirectory,
        _ files: some FileSystem
    ) throws(FileError) -> Int64 {
        try SnapshotWriter(files: files, directory: directory).write(rooms, chains: chains, number: number)
    }

    private func removeFiles(before number: UInt64) throws(FileError) {
        try directory.removeFiles(before: number, in: files)
    }
}

extension JournalDirectory {
    /// Journals go oldest first, and a snapshot before the journals that follow it: what is left by a crash in between
    /// is never a journal without its predecessor and without a snapshot.
    func removeFiles(before number: UInt64, in files: some FileSystem) throws(FileError) {
        let listing = try list(in: files)
        for old in listing.snapshots where old < number { try files.remove(snapshot(old)) }
        for old in listing.journals where old < number { try files.remove(journal(old)) }
    }
}
