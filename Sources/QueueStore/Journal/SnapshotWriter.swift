import RecordChain
import WaitingRoom

/// Writes a snapshot: a header, each room with its positions behind it, and an end that counts the records.
struct SnapshotWriter<Files: FileSystem> {
    private static var chunkSize: Int { 1 << 20 }
    /// Bytes between two synchronisations: one at the end would keep the disk from the journal for long.
    private static var synchronizedSize: Int64 { 8 << 20 }

    let files: Files
    let directory: JournalDirectory

    /// Under its own name once it is whole and on the disk.
    /// - Parameter chains: the hash of each room's last event.
    /// - Returns: its length in bytes.
    func write(
        _ rooms: [Room], chains: [RoomID: ChainHash], number: UInt64
    ) throws(FileError) -> Int64 {
        let file = try files.append(to: directory.unfinishedSnapshot, keeping: 0)
        defer { file.close() }
        var length: Int64 = 0
        var synchronizedLength: Int64 = 0
        var records = 0
        var failure: FileError?
        var writer = RecordWriter()
        func flush() {
            guard failure == nil else { return }
            let result = file.append(writer.bytes[...])
            length += Int64(result.written)
            failure = result.failure
            writer.removeAll()
            guard failure == nil, length - synchronizedLength >= Self.synchronizedSize else { return }
            synchronizedLength = length
            do throws(FileError) { try file.synchronize() } catch { failure = error }
        }
        func write(_ record: Record) {
            guard failure == nil else { return }
            writer.write(record)
            records += 1
            if writer.bytes.count >= Self.chunkSize { flush() }
        }
        write(.header(FileHeader(content: .snapshot, number: number)))
        for room in rooms {
            write(.room(room.image, chain: chains[room.id]))
            room.forEachPosition { write(.position($0)) }
            room.forEachPass { write(.pass(room.id, $0)) }
        }
        write(.end(records: records))
        flush()
        if let failure { throw failure }
        try file.synchronize()
        try files.rename(directory.unfinishedSnapshot, to: directory.snapshot(number))
        try files.synchronizeDirectory(directory.path)
        return length
    }
}
