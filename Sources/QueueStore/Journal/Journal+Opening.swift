package import Logging
package import WaitingRoom

/// A journal that is ready to be appended to, and what it held.
package struct OpenedJournal: Sendable {
    package let journal: Journal
    package let rooms: [RoomID: Room]
    package let report: OpenReport
}

extension Journal {
    /// When a journal is compacted, unless told otherwise: 64 MiB.
    package static let defaultCompactionSize: Int64 = 64 << 20

    /// Locks a directory, reads what it holds, cuts off a torn end and goes on where the last process stopped.
    ///
    /// - Parameters:
    ///   - directory: made if absent.
    ///   - now: when the clocks of what is recovered start afresh.
    ///   - compactionSize: at how many bytes in journal files a snapshot is written, if the last one is not larger.
    ///   - replayed: told of each event since the last snapshot, in order.
    /// - Throws: `StoreError`: `unavailable` if another process holds the directory or a file operation fails;
    ///   `corrupt`, naming file and byte, if what it holds cannot be read. The files are untouched then.
    package static func open(
        directory path: String, files: any FileSystem = PosixFileSystem(), now: Timestamp,
        compactionSize: Int64 = defaultCompactionSize, logger: Logger,
        replayed: @escaping (RoomEvent) -> Void = { _ in }
    ) throws(StoreError) -> OpenedJournal {
        let directory = JournalDirectory(path: path)
        do {
            return try open(directory, files, now, compactionSize, logger, replayed)
        } catch let error as StoreError {
            throw error
        } catch {
            throw StoreError(.unavailable, "\(error)")
        }
    }

    private static func open(
        _ directory: JournalDirectory, _ files: some FileSystem, _ now: Timestamp, _ compactionSize: Int64,
        _ logger: Logger, _ replayed: @escaping (RoomEvent) -> Void
    ) throws -> OpenedJournal {
        try files.createDirectory(directory.path)
        guard let lock = try files.lock(directory.lock) else {
            throw StoreError(
                .unavailable,
                "the data directory \(directory.path) is in use by another gate (it holds the lock on "
                    + "\(directory.lock)); stop that one, or choose another data_directory")
        }
        do {
            return try open(directory, files, now, compactionSize, logger, replayed, lock)
        } catch {
            lock.release()
            throw error
        }
    }

    private static func open(
        _ directory: JournalDirectory, _ files: some FileSystem, _ now: Timestamp, _ compactionSize: Int64,
        _ logger: Logger, _ replayed: @escaping (RoomEvent) -> Void, _ lock: any FileLock
    ) throws -> OpenedJournal {
        var recovered = try JournalRecovery(files: files, directory: directory, replayed: replayed).run()
        report(recovered.report, to: logger)
        for (id, room) in recovered.rooms where recovered.chains[id] == nil {
            logger.notice(
                "The chain of a room's record begins: an earlier version wrote what it has",
                metadata: ["queue_id": "\(id)", "after_event": "\(room.eventSequence)"])
        }
        let path = directory.journal(recovered.number)
        let file =
            recovered.length == 0
            ? try begin(path, recovered.number, in: files) : try files.append(to: path, keeping: recovered.length)
        try tidy(directory, recovered, files)
        for id in recovered.rooms.keys { recovered.rooms[id]?.recover(at: now) }
        let journal = Journal(
            files: files, directory: directory, lock: lock, file: file, number: recovered.number,
            heads: recovered.heads, journalBytes: recovered.journalBytes, snapshotBytes: recovered.snapshotBytes,
            compactionSize: compactionSize, logger: logger)
        return OpenedJournal(journal: journal, rooms: recovered.rooms, report: recovered.report)
    }

    /// Removes what a crash in the middle of a compaction left behind.
    private static func tidy(
        _ directory: JournalDirectory, _ recovered: JournalRecovery<some FileSystem>.Recovered, _ files: some FileSystem
    ) throws {
        try files.remove(directory.unfinishedSnapshot)
        let listing = try directory.list(in: files)
        for unbegun in listing.journals where unbegun > recovered.number {
            try files.remove(directory.journal(unbegun))
        }
        if let number = recovered.snapshotNumber { try directory.removeFiles(before: number, in: files) }
        try files.synchronizeDirectory(directory.path)
    }

    private static func report(_ report: OpenReport, to logger: Logger) {
        for reason in report.unreadableSnapshots {
            logger.error("Snapshot cannot be read; an older one is used", metadata: ["reason": "\(reason)"])
        }
        if let cut = report.cut {
            logger.warning(
                "Torn record cut off the end of the journal",
                metadata: ["file": "\(cut.file)", "offset": "\(cut.offset)", "bytes": "\(cut.bytes)"])
        }
        logger.info(
            "Journal read", metadata: ["records": "\(report.records)", "snapshot": "\(report.snapshot ?? "none")"])
    }
}
