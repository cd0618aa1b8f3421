import Synchronization
package import WaitingRoom

/// The embedded store: rooms in memory, made durable by a journal.
///
/// A step decides and applies under one lock, appends its events to the log's buffer there, and returns when the log
/// has written them. If a write fails, the steps in flight throw `unavailable`, and so do all later ones until a write
/// works again: the rooms are then ahead of the disk by exactly what the log keeps buffered and writes first. So the
/// outcome of a step that threw is open (it may take effect yet), and a repeated call finds it, because ids are chosen
/// by the caller. What is read is returned only when it is durable too, for a gate acts on it.
package final class MemoryStore: QueueStore {
    /// How many reminders of each kind `clean` looks at before it lets others at the lock.
    private static let cleaningSlice = 500

    struct Slot {
        var room: Room
        /// The last append that concerned the room.
        var ticket: LogTicket
    }

    private struct State {
        var rooms: [RoomID: Slot]
        var random: any RandomNumberGenerator & Sendable
        var log: any EventLog
    }

    let clock: @Sendable () -> Timestamp
    /// Who called how often.
    let calls = Mutex<[RoomID: RateTable]>([:])
    private let observer: @Sendable ([RoomEvent]) -> Void
    private let state: Mutex<State>

    /// - Parameters:
    ///   - clock: the wall clock; it may step.
    ///   - random: draws the order within shuffle windows and the seeds of draws; nobody may be able to predict it.
    ///   - journal: opened for this store alone; nil keeps nothing.
    ///   - observer: told of events once they are durable, in order, before the step that made them returns. It must
    ///     not block.
    package init(
        clock: @escaping @Sendable () -> Timestamp,
        random: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator(),
        journal: OpenedJournal? = nil, observer: @escaping @Sendable ([RoomEvent]) -> Void = { _ in }
    ) {
        self.clock = clock
        self.observer = observer
        let log: any EventLog = journal?.journal ?? VolatileLog()
        log.deliver(to: observer)
        let rooms = journal?.rooms ?? [:]
        state = Mutex(State(rooms: rooms.mapValues { Slot(room: $0, ticket: .start) }, random: random, log: log))
    }

    /// Refuses further steps, writes a snapshot and lets go of the journal.
    package func close() async throws(StoreError) {
        let log = state.withLock { state in
            state.log.seal(state.rooms.values.map(\.room))
            return state.log
        }
        try await log.close()
    }

    /// Goes on, after `close`, with what a journal holds: another store may have written to it meanwhile.
    package func reopen(_ journal: OpenedJournal) {
        journal.journal.deliver(to: observer)
        state.withLock { state in
            state.rooms = journal.rooms.mapValues { Slot(room: $0, ticket: .start) }
            state.log = journal.journal
        }
    }

    package func configure(_ rooms: [RoomSettings]) async throws(StoreError) {
        let (ticket, log) = try state.withLock { state throws(StoreError) in
            try state.log.requireWritable()
            let now = clock()
            var entries: [LogEntry] = []
            for settings in rooms {
                var events: [RoomEvent] = []
                if state.rooms[settings.id] == nil {
                    let room = Room(opening: settings, at: now, emitting: &events)
                    state.rooms[settings.id] = Slot(room: room, ticket: .start)
                } else {
                    state.rooms[settings.id]?.room.update(settings, at: now, emitting: &events)
                }
                entries += events.map(LogEntry.event)
            }
            let ticket = state.log.append(entries) { state.rooms.values.map(\.room) }
            for settings in rooms { state.rooms[settings.id]?.ticket = ticket }
            return (ticket, state.log)
        }
        try await log.durable(ticket)
    }

    /// What a step on one room works with.
    struct Step: ~Copyable {
        let now: Timestamp
        var events: [RoomEvent] = []
        var notesHeartbeats = false
    }

    /// One atomic step: `body` changes the room, and its events are durable when this returns.
    func step<Result: Sendable>(
        in room: RoomID,
        _ body: (inout Room, inout Step, inout any RandomNumberGenerator & Sendable) -> Result
    ) async throws(StoreError) -> Result {
        let (result, ticket, log) = try state.withLock { state throws(StoreError) in
            try state.log.requireWritable()
            guard let index = state.rooms.index(forKey: room) else { throw StoreError(unknown: room) }
            var step = Step(now: clock())
            let result = body(&state.rooms.values[index].room, &step, &state.random)
            var entries = step.events.map(LogEntry.event)
            if step.notesHeartbeats {
                entries.append(.heartbeats(room, total: state.rooms.values[index].room.totals.heartbeats))
            }
            guard !entries.isEmpty else { return (result, state.rooms.values[index].ticket, state.log) }
            let ticket = state.log.append(entries) { state.rooms.values.map(\.room) }
            state.rooms.values[index].ticket = ticket
            return (result, ticket, state.log)
        }
        try await log.durable(ticket)
        return result
    }

    /// Reads one room; nothing that is not durable is seen.
    func read<Result: Sendable>(in room: RoomID, _ body: (Room) -> Result) async throws(StoreError) -> Result {
        let (result, ticket, log) = try state.withLock { state throws(StoreError) in
            guard let index = state.rooms.index(forKey: room) else { throw StoreError(unknown: room) }
            return (body(state.rooms.values[index].room), state.rooms.values[index].ticket, state.log)
        }
        try await log.durable(ticket)
        return result
    }

    package func clean(in room: RoomID) async throws(StoreError) -> CleaningReport {
        var report = CleaningReport()
        var isPartial = true
        while isPartial {
            let counts = try await step(in: room) { room, step, _ in
                room.clean(at: step.now, limit: Self.cleaningSlice, emitting: &step.events)
            }
            report.positionsExpired += counts.positionsExpired
            report.admissionsExpired += counts.admissionsExpired
            report.sessionsExpired += counts.sessionsExpired
            isPartial = counts.isPartial
        }
        return report
    }
}

extension StoreError {
    init(unknown room: RoomID) { self.init(.unknownRoom, "room \(room) was never configured") }
}
