import RecordChain
import WaitingRoom

/// Reads a journal's directory: the newest readable snapshot, then the journals from there on.
///
/// Nothing is changed on disk before everything has been read, so a fatal finding leaves the files as they are.
struct JournalRecovery<Files: FileSystem> {
    let files: Files
    let directory: JournalDirectory
    /// Told of each event of the journals, in order.
    var replayed: (RoomEvent) -> Void = { _ in }
    /// Told of what the rooms' chains go through.
    var witness: (JournalRecord.Entry) -> Void = { _ in }

    struct Recovered {
        var rooms: [RoomID: Room] = [:]
        /// The hash of each room's last event; none where that was written by a version that knew no chain.
        var chains: [RoomID: ChainHash] = [:]
        var report = OpenReport()
        var heads: [RoomID: RecordedHead] {
            rooms.reduce(into: [:]) { heads, entry in
                heads[entry.key] = chains[entry.key].map {
                    RecordedHead(sequence: entry.value.eventSequence, hash: $0)
                }
            }
        }

        /// The journal to go on with, and how many of its bytes count; 0: its header is still to be written.
        var number: UInt64 = 1
        var length: Int64 = 0
        /// The snapshot that was read.
        var snapshotNumber: UInt64?
        /// Of the snapshot; 0 without one.
        var snapshotBytes: Int64 = 0
        /// In journals since the snapshot.
        var journalBytes: Int64 = 0
    }

    func run() throws(StoreError) -> Recovered {
        let listing: JournalDirectory.Listing
        do { listing = try directory.list(in: files) } catch { throw StoreError(.unavailable, error.description) }
        var recovered = Recovered()
        try readSnapshot(listing, into: &recovered)
        try readJournals(listing, into: &recovered)
        return recovered
    }

    // MARK: Snapshots

    private func readSnapshot(_ listing: JournalDirectory.Listing, into recovered: inout Recovered) throws(StoreError) {
        for number in listing.snapshots.reversed() {
            let path = directory.snapshot(number)
            do {
                var attempt = Recovered()
                attempt.report.unreadableSnapshots = recovered.report.unreadableSnapshots
                attempt.report.snapshot = path
                attempt.number = number
                attempt.snapshotNumber = number
                try read(snapshot: path, number: number, into: &attempt)
                recovered = attempt
                for (id, room) in recovered.rooms { witness(.snapshot(room, recovered.chains[id])) }
                return
            } catch {
                // Only a snapshot before this one, with all journals since, makes up for it.
                guard number != listing.snapshots.first || listing.journals.first == 1 else { throw error }
                recovered.report.unreadableSnapshots.append(error.message)
            }
        }
    }

    private func read(snapshot path: String, number: UInt64, into recovered: inout Recovered) throws(StoreError) {
        var state = SnapshotState.header
        try read(path) { line, reader throws(StoreError) in
            recovered.snapshotBytes = line.offset + Int64(line.bytes.count) + 1
            guard line.isTerminated, reader.read(line.bytes) else {
                throw StoreError(corrupt: path, at: line.offset, "the record does not match its checksum")
            }
            let record = try understand(reader, path, line.offset)
            guard try take(record, number, &state, &recovered, path, line.offset) else {
                throw StoreError(corrupt: path, at: line.offset, "the record does not fit those before it")
            }
            recovered.report.records += 1
            return true
        }
        guard state == .ended else {
            throw StoreError(corrupt: path, at: recovered.snapshotBytes, "the snapshot has no end")
        }
    }

    private enum SnapshotState { case header, body, ended }

    private func take(
        _ record: Record, _ number: UInt64, _ state: inout SnapshotState, _ recovered: inout Recovered,
        _ path: String, _ offset: Int64
    ) throws(StoreError) -> Bool {
        switch (state, record) {
        case (.header, .header(let header)):
            try check(header, .snapshot, number, path)
            state = .body
        case (.body, .room(let image, let chain)):
            recovered.rooms[image.settings.id] = Room(restoring: image)
            recovered.chains[image.settings.id] = chain
        case (.body, .position(let image)):
            return recovered.rooms[image.position.queueID]?.restore(image) ?? false
        case (.body, .pass(let room, let image)):
            return recovered.rooms[room]?.restore(image) ?? false
        case (.body, .end(let records)):
            state = .ended
            return records == recovered.report.records
        default:
            return false
        }
        return true
    }

    // MARK: Journals

    private func readJournals(_ listing: JournalDirectory.Listing, into recovered: inout Recovered) throws(StoreError) {
        let first = recovered.number
        var numbers = listing.journals.filter { $0 >= first }
        if numbers.isEmpty, recovered.snapshotNumber == nil { return }
        // A crash while a journal is begun leaves one without a whole header behind; the one before goes on.
        while numbers.count > 1, let last = numbers.last, try isUnbegun(directory.journal(last)) {
            numbers.removeLast()
        }
        for (index, number) in zip(first..., numbers) where number != index {
            throw StoreError(.corrupt, "\(directory.journal(index)) is missing: it holds records that are needed")
        }
        guard let last = numbers.last else {
            throw StoreError(.corrupt, "\(directory.journal(first)) is missing: it holds records that are needed")
        }
        for number in numbers {
            recovered.number = number
            try read(journal: directory.journal(number), isLast: number == last, into: &recovered)
        }
    }

    private func isUnbegun(_ path: String) throws(StoreError) -> Bool {
        var isUnbegun = true
        try read(path) { line, reader throws(StoreError) in
            if line.isTerminated, reader.read(line.bytes) { isUnbegun = false }
            return isUnbegun
        }
        return isUnbegun
    }

    private func read(journal path: String, isLast: Bool, into recovered: inout Recovered) throws(StoreError) {
        recovered.report.journals.append(path)
        recovered.length = 0
        var hasHeader = false
        var end: Int64 = 0
        try read(path) { line, reader throws(StoreError) in
            end = line.offset + Int64(line.bytes.count + (line.isTerminated ? 1 : 0))
            if recovered.report.cut != nil {
                // Behind a record that is not whole: an intact one proves that it was whole once.
                guard !RecordReader.isIntact(line.bytes) else {
                    throw StoreError(
                        corrupt: path, at: recovered.length,
                        "the record does not match its checksum, and intact records follow it")
                }
                return true
            }
            guard line.isTerminated, reader.read(line.bytes) else {
                guard isLast else {
                    throw StoreError(corrupt: path, at: line.offset, "the record does not match its checksum")
                }
                recovered.report.cut = OpenReport.Cut(file: path, offset: line.offset, bytes: 0)
                return true
            }
            let record = try understand(reader, path, line.offset)
            try apply(record, &recovered, &hasHeader, path, line.offset)
            if case .event(let event) = record {
                let text = RecordReader.text(of: line.bytes)
                recovered.chains[event.room] = ChainLink.hash(of: text)
                witness(.event(event, text: text))
            }
            recovered.length = end
            recovered.report.records += 1
            return true
        }
        recovered.journalBytes += recovered.length
        recovered.report.cut?.bytes = end - recovered.length
    }

    private func apply(
        _ record: Record, _ recovered: inout Recovered, _ hasHeader: inout Bool, _ path: String, _ offset: Int64
    ) throws(StoreError) {
        switch record {
        case .header(let header):
            guard !hasHeader else { throw StoreError(corrupt: path, at: offset, "a second header") }
            try check(header, .journal, recovered.number, path)
            hasHeader = true
            return
        case .event(let event) where hasHeader:
            replayed(event)
            guard recovered.rooms[event.room] != nil else {
                guard let room = Room(replaying: event) else { break }
                recovered.rooms[event.room] = room
                return
            }
            do throws(InvalidEvent) {
                try recovered.rooms[event.room]?.replay(event)
            } catch {
                throw StoreError(corrupt: path, at: offset, error.description)
            }
            return
        case .heartbeats(let room, let total) where hasHeader:
            guard recovered.rooms[room] != nil else { break }
            recovered.rooms[room]?.restore(heartbeats: total)
            return
        default:
            break
        }
        throw StoreError(corrupt: path, at: offset, "the record does not fit those before it")
    }

    // MARK: Files

    /// Calls `body` with each line until it returns false.
    private func read(
        _ path: String, _ body: (LineScanner.Line, inout RecordReader) throws(StoreError) -> Bool
    ) throws(StoreError) {
        var reader = RecordReader()
        do {
            var scanner = LineScanner(try files.read(path))
            while let line = try scanner.next() {
                guard try body(line, &reader) else { return }
            }
        } catch let error as StoreError {
            throw error
        } catch {
            throw StoreError(.unavailable, "\(error)")
        }
    }

    private func understand(_ reader: RecordReader, _ path: String, _ offset: Int64) throws(StoreError) -> Record {
        do throws(RecordProblem) {
            return try reader.record()
        } catch {
            switch error {
            case .field(let name):
                throw StoreError(corrupt: path, at: offset, "the record's field \"\(name)\" is missing or wrong")
            case .kind(let kind):
                throw StoreError(corrupt: path, at: offset, "this version knows no record of kind \"\(kind)\"")
            }
        }
    }

    private func check(
        _ header: FileHeader, _ content: FileHeader.Content, _ number: UInt64, _ path: String
    ) throws(StoreError) {
        guard header.version <= FileHeader.currentVersion else {
            throw StoreError(
                .corrupt,
                "\(path) was written by a newer version (format \(header.version), here at most "
                    + "\(FileHeader.currentVersion)); run that version, or choose another data_directory")
        }
        guard header.content == content, header.number == number else {
            throw StoreError(
                corrupt: path, at: 0, "its header says \(header.content.rawValue) \(header.number): was it renamed?")
        }
    }
}

extension StoreError {
    init(corrupt path: String, at offset: Int64, _ reason: String) {
        self.init(.corrupt, "\(path): byte \(offset): \(reason). Restore the file from a copy, or move it away")
    }
}
