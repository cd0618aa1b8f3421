import AdminAPI
import QueueStore
import WaitingRoom

/// The audit of an embedded store: a file of JSON lines beside the journal, with the latest entries.
actor AuditFile: AuditLog {
    private let path: String
    private let directory: String
    private let files: any FileSystem
    /// Nil until the file was read.
    private var entries: [AuditEntry]?
    /// Of the file, in bytes; what lies behind it is half a line.
    private var length: Int64 = 0
    private var lines = 0

    /// In bytes; what is longer was not written by a gate.
    private static let limit = 8 << 20

    init(directory: String, files: any FileSystem = PosixFileSystem()) {
        self.directory = directory
        path = directory + "/audit.jsonl"
        self.files = files
    }

    func append(_ new: [AuditEntry]) throws(StoreError) {
        var entries = read()
        entries += new
        if entries.count > AuditEntry.kept { entries.removeFirst(entries.count - AuditEntry.kept) }
        do throws(FileError) {
            // Begun anew now and then, so that the file stays small.
            if lines + new.count > 2 * AuditEntry.kept {
                try rewrite(entries)
            } else {
                try write(new, to: path, behind: length)
                lines += new.count
            }
        } catch {
            throw StoreError(.unavailable, "the audit cannot be written: \(error)")
        }
        self.entries = entries
    }

    func latest(_ limit: Int) -> [AuditEntry] { read().suffix(limit).reversed() }

    private func write(_ entries: [AuditEntry], to path: String, behind start: Int64) throws(FileError) {
        let bytes = entries.flatMap { $0.json + [UInt8(ascii: "\n")] }
        let file = try files.append(to: path, keeping: start)
        defer { file.close() }
        if let failure = file.append(bytes[...]).failure { throw failure }
        length = start + Int64(bytes.count)
    }

    private func rewrite(_ entries: [AuditEntry]) throws(FileError) {
        let draft = path + ".draft"
        try write(entries, to: draft, behind: 0)
        try files.rename(draft, to: path)
        lines = entries.count
    }

    /// The file's entries. One that is absent, or lines that no gate wrote, are none: the event log is the record.
    private func read() -> [AuditEntry] {
        if let entries { return entries }
        var bytes: [UInt8] = []
        if let file = try? files.read(path) {
            while bytes.count <= Self.limit, let chunk = try? file.read(64 * 1024), !chunk.isEmpty { bytes += chunk }
        }
        let whole = bytes.count > Self.limit ? 0 : (bytes.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0)
        let texts = bytes[..<whole].split(separator: UInt8(ascii: "\n"))
        let read = Array(texts.compactMap { AuditEntry(json: Array($0)) }.suffix(AuditEntry.kept))
        length = Int64(whole)
        lines = texts.count
        entries = read
        return read
    }
}
