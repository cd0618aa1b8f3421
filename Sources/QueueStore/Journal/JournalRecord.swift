package import RecordChain
package import WaitingRoom

/// A journal as a record to be read: nothing in its directory is locked or changed, so a gate may be running there.
package enum JournalRecord {
    package enum Entry {
        /// Stands for the events of a room through its last one, which are not there any more.
        case snapshot(Room, ChainHash?)
        /// An event, and the text that it stands in.
        case event(RoomEvent, text: ArraySlice<UInt8>)
    }

    /// Reads everything, in order.
    /// - Throws: `StoreError` as `Journal.open`.
    package static func read(
        directory: String, files: some FileSystem = PosixFileSystem(), _ body: @escaping (Entry) -> Void
    ) throws(StoreError) {
        _ = try JournalRecovery(files: files, directory: JournalDirectory(path: directory), witness: body).run()
    }
}
