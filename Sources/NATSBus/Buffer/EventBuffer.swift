import Logging
import QueueStore
import RecordChain
import Synchronization
import WaitingRoom

/// Events on their way to the server, on disk, in order: what was appended survives the end of this process until it
/// is confirmed. Bounded: what does not fit is refused and counted.
///
/// Segments of records (docs/NATS_EVENTS.md) that are appended to at one end and removed at the other; beside them the
/// file `sent`, which says how far the first segment has been confirmed. Where that file is behind, events are sent
/// twice, which their ids make harmless.
final class EventBuffer: Sendable {
    private struct Segment {
        let number: UInt64
        var events: Int
        var bytes: Int64
    }

    /// The last event of a room, and its hash if it has one.
    struct Last {
        let mark: EventMark
        let hash: ChainHash?
    }

    private struct State {
        var segments: [Segment] = []
        /// The events of the first segment, when they have been read.
        var head: [CloudEvent]?
        /// How many of the first segment are confirmed.
        var confirmed = 0
        /// The events of the segment that is appended to.
        var tail: [CloudEvent] = []
        var file: (any AppendableFile)?
        var writer = RecordWriter()
        /// The last event of each room that was appended, in this process or an earlier one.
        var last: [String: Last] = [:]
        /// The same of those that are confirmed.
        var lastConfirmed: [String: Last] = [:]
    }

    private let directory: String
    private let files: any FileSystem
    private let limit: Int64
    private let segmentSize: Int64
    private let state: Mutex<State>
    private let refusedCount = Atomic<Int>(0)

    /// Reads what an earlier process left. A torn last record is cut off and logged; a record that cannot be read ends
    /// its segment, and is logged too.
    /// - Parameters:
    ///   - limit: bytes of all segments.
    ///   - segmentSize: bytes after which a new one is begun.
    init(
        directory: String, limit: Int64, segmentSize: Int64 = 1 << 20, files: any FileSystem = PosixFileSystem(),
        logger: Logger
    ) throws(FileError) {
        self.directory = directory
        self.files = files
        self.limit = limit
        self.segmentSize = segmentSize
        try files.createDirectory(directory)
        var state = State()
        for number in try Self.numbers(in: directory, files) {
            let read = try Self.read(Self.path(directory, number), files)
            for event in read.events { Self.note(event, &state.last) }
            if read.isDamaged {
                logger.warning(
                    "Torn record cut off the end of buffered events",
                    metadata: ["file": "\(Self.path(directory, number))", "offset": "\(read.bytes)"])
            }
            if read.events.isEmpty {
                try files.remove(Self.path(directory, number))
            } else {
                state.segments.append(Segment(number: number, events: read.events.count, bytes: read.bytes))
            }
        }
        let sent = Self.sent(directory, files)
        state.lastConfirmed = sent.last
        state.last = sent.last.merging(state.last) { $1 }
        if let first = state.segments.first {
            if sent.segment == first.number { state.confirmed = min(sent.events, first.events) }
        }
        self.state = Mutex(state)
    }

    /// How many are to be sent.
    var backlog: Int {
        state.withLock { state in state.segments.reduce(0) { $0 + $1.events } - state.confirmed }
    }

    /// How many did not fit.
    var refused: Int { refusedCount.load(ordering: .relaxed) }

    /// Appends in order, each with the hash that follows from its room's last one. Those that do not fit are counted, and so are all behind the first of them: a gap in the
    /// middle would be harder to understand than an end.
    /// - Throws: if the disk cannot take them; then none of them counts as appended, and they may be given again.
    func append(_ events: [CloudEvent]) throws(FileError) {
        try state.withLock { state throws(FileError) in
            var used = state.segments.reduce(0) { $0 + $1.bytes }
            var taken: [CloudEvent] = []
            var last = state.last
            state.writer.removeAll()
            for event in events {
                let event = Self.chained(event, last)
                let before = state.writer.bytes.count
                state.writer.record("event") {
                    $0.put("subject", event.subject)
                    $0.put("id", event.id)
                    $0.put("json", String(decoding: event.json, as: UTF8.self))
                }
                used += Int64(state.writer.bytes.count - before)
                if used > limit { break }
                taken.append(event)
                Self.note(event, &last)
            }
            if !taken.isEmpty { try write(state.writer.bytes[...], taken, &state) }
            if taken.count < events.count { refusedCount.add(events.count - taken.count, ordering: .relaxed) }
        }
    }

    private func write(
        _ bytes: ArraySlice<UInt8>, _ events: [CloudEvent], _ state: inout State
    ) throws(FileError) {
        let full = state.segments.last.map { $0.bytes >= segmentSize } ?? true
        if full || state.file == nil {
            state.file?.close()
            // A segment of an earlier process is not appended to: it may have had its end cut off.
            let number = (state.segments.last?.number ?? Self.sent(directory, files).segment) + 1
            state.file = try files.append(to: Self.path(directory, number), keeping: 0)
            state.segments.append(Segment(number: number, events: 0, bytes: 0))
            state.tail = []
        }
        guard let file = state.file, let last = state.segments.indices.last else { return }
        let result = file.append(bytes)
        if let failure = result.failure {
            // Nothing may follow half a record: the next append begins a new segment. What came before it in this one
            // is read from the disk.
            file.close()
            state.file = nil
            if state.segments[last].events == 0 {
                try files.remove(Self.path(directory, state.segments.removeLast().number))
            }
            throw failure
        }
        state.segments[last].events += events.count
        state.segments[last].bytes += Int64(bytes.count)
        state.tail += events
        for event in events { Self.note(event, &state.last) }
    }

    /// The last event of a room that was appended; nil if there was none.
    func last(of room: RoomID) -> Last? { state.withLock { $0.last[room.text] } }

    /// The last event of a room that has arrived.
    func lastConfirmed(of room: RoomID) -> Last? { state.withLock { $0.lastConfirmed[room.text] } }

    private static func note(_ event: CloudEvent, _ last: inout [String: Last]) {
        if let (room, mark) = EventMark.read(event.id) { last[room] = Last(mark: mark, hash: event.hash) }
    }

    /// A room that was thrown away and made anew begins a chain of its own.
    private static func chained(_ event: CloudEvent, _ last: [String: Last]) -> CloudEvent {
        guard let (room, mark) = EventMark.read(event.id), let before = last[room], before.mark.opened == mark.opened
        else { return event.chained(after: nil) }
        return event.chained(after: before.hash)
    }

    /// The first `count` that are to be sent, without removing them.
    func next(_ count: Int) throws(FileError) -> [CloudEvent] {
        try state.withLock { state throws(FileError) in
            try dropConfirmed(&state)
            guard let first = state.segments.first else { return [] }
            if state.segments.count == 1, state.file != nil {
                return Array(state.tail.dropFirst(state.confirmed).prefix(count))
            }
            if state.head == nil {
                state.head = try Self.read(Self.path(directory, first.number), files).events
            }
            return Array((state.head ?? []).dropFirst(state.confirmed).prefix(count))
        }
    }

    /// The first `count` have arrived.
    func confirm(_ count: Int) throws(FileError) {
        try state.withLock { state throws(FileError) in
            guard let first = state.segments.first else { return }
            let isOnly = state.segments.count == 1 && state.file != nil
            let events = isOnly ? state.tail : state.head ?? []
            for event in events.dropFirst(state.confirmed).prefix(count) { Self.note(event, &state.lastConfirmed) }
            state.confirmed += count
            try note(segment: first.number, events: state.confirmed, state.lastConfirmed)
            if isOnly, first.bytes >= segmentSize {
                state.file?.close()
                state.file = nil
            }
            try dropConfirmed(&state)
        }
    }

    /// Removes segments that are confirmed whole and not appended to any more.
    private func dropConfirmed(_ state: inout State) throws(FileError) {
        while let first = state.segments.first, state.confirmed >= first.events,
            state.segments.count > 1 || state.file == nil
        {
            state.segments.removeFirst()
            state.head = nil
            state.confirmed = 0
            try files.remove(Self.path(directory, first.number))
        }
    }

    private func note(segment: UInt64, events: Int, _ last: [String: Last]) throws(FileError) {
        let path = directory + "/sent"
        let file = try files.append(to: path + ".tmp", keeping: 0)
        defer { file.close() }
        let lines = ["\(segment) \(events)"] + last.map { $1.mark.id(of: $0) + ($1.hash.map { " \($0)" } ?? "") }
        let text = lines.joined(separator: "\n") + "\n"
        if let failure = file.append(Array(text.utf8)[...]).failure { throw failure }
        try files.rename(path + ".tmp", to: path)
    }

    private static func sent(
        _ directory: String, _ files: any FileSystem
    ) -> (segment: UInt64, events: Int, last: [String: Last]) {
        guard let bytes = try? files.read(directory + "/sent").read(1 << 20) else { return (0, 0, [:]) }
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        let words = lines.first?.split(separator: " ") ?? []
        guard words.count == 2, let segment = UInt64(words[0]), let events = Int(words[1]) else { return (0, 0, [:]) }
        var last: [String: Last] = [:]
        for line in lines.dropFirst() {
            let words = line.split(separator: " ")
            guard let id = words.first, let (room, mark) = EventMark.read(String(id)) else { continue }
            last[room] = Last(mark: mark, hash: words.dropFirst().first.flatMap { ChainHash($0) })
        }
        return (segment, events, last)
    }

    private static func path(_ directory: String, _ number: UInt64) -> String { "\(directory)/events-\(number).log" }

    private static func numbers(in directory: String, _ files: any FileSystem) throws(FileError) -> [UInt64] {
        try files.list(directory).compactMap { name in
            guard name.hasPrefix("events-"), name.hasSuffix(".log") else { return nil }
            return UInt64(name.dropFirst(7).dropLast(4))
        }.sorted()
    }

    private static func read(
        _ path: String, _ files: any FileSystem
    ) throws(FileError) -> (events: [CloudEvent], bytes: Int64, isDamaged: Bool) {
        var lines = LineScanner(try files.read(path))
        var reader = RecordReader()
        var events: [CloudEvent] = []
        while let line = try lines.next() {
            guard line.isTerminated, reader.read(line.bytes), let subject = reader.string("subject"),
                let id = reader.string("id"), let json = reader.string("json")
            else { return (events, line.offset, true) }
            events.append(CloudEvent(subject: subject, id: id, json: Array(json.utf8)))
        }
        return (events, lines.end, false)
    }
}
