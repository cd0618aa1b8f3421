package import WaitingRoom

/// What a journal holds, for somebody who only looks: no lock is taken and no file changed, so a gate may be writing to it.
package enum JournalEvents {
    /// Tells each event since the last snapshot, in order.
    /// - Throws: as `Journal.open`.
    package static func read(
        directory path: String, files: some FileSystem = PosixFileSystem(), _ body: @escaping (RoomEvent) -> Void
    ) throws(StoreError) {
        _ = try JournalRecovery(files: files, directory: JournalDirectory(path: path), replayed: body).run()
    }
}
