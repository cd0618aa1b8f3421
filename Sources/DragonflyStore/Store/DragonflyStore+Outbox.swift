package import QueueStore
package import WaitingRoom

/// Where a room's history stands in the store.
package struct RoomStanding: Hashable, Sendable {
    /// Drawn when the room was made or restored in this store.
    package var generation: String
    /// When its history began.
    package var opened: Timestamp
    package var lastSequence: UInt64
    /// The sequence of the last join.
    package var lastJoin: UInt64
    /// When the room took its last step.
    package var time: Timestamp
    /// The server process in which the room was last compared with its record; nil if it never was.
    package var server: ServerProcess?

    package init(
        generation: String, opened: Timestamp, lastSequence: UInt64, lastJoin: UInt64, time: Timestamp,
        server: ServerProcess?
    ) {
        self.generation = generation
        self.opened = opened
        self.lastSequence = lastSequence
        self.lastJoin = lastJoin
        self.time = time
        self.server = server
    }
}

extension DragonflyStore {
    /// The first events of the outbox, in order. O(limit).
    package func outbox(of room: RoomID, limit: Int) async throws(StoreError) -> [RoomEvent] {
        guard limit > 0 else { return [] }
        let texts = try await command("LRANGE", RoomKeys(room: room).events, "0", "\(limit - 1)").array ?? []
        var events: [RoomEvent] = []
        for text in texts.compactMap(\.text) {
            guard let event = RoomEvent(text: text, of: room) else {
                throw StoreError(.corrupt, "the outbox of room \(room) holds what is no event: \(text.prefix(40))")
            }
            events.append(event)
        }
        return events
    }

    /// The sequence of the first event that has not been trimmed; nil if the outbox is empty. O(1).
    package func outboxFirst(of room: RoomID) async throws(StoreError) -> UInt64? {
        try await outbox(of: room, limit: 1).first?.sequence
    }

    /// How many events wait in the outbox. O(1).
    package func outboxCount(of room: RoomID) async throws(StoreError) -> Int {
        try await command("LLEN", RoomKeys(room: room).events).integer ?? 0
    }

    /// Drops the events through `sequence` from the outbox. Idempotent. O(dropped).
    package func trimOutbox(of room: RoomID, through sequence: UInt64) async throws(StoreError) {
        var dropped = 0
        repeat {
            let reply = try await connection.run(
                .trim, keys: [RoomKeys(room: room).events], arguments: ["", "\(sequence)"])
            if case .error(let text) = reply { throw StoreError(.unavailable, "the store refuses: \(text)") }
            dropped = reply.integer ?? 0
        } while dropped == 1_000
    }

    /// Nil if the store does not know the room.
    package func standing(of room: RoomID) async throws(StoreError) -> RoomStanding? {
        let meta = try await meta(of: room)
        guard let generation = meta["gen"], let last = meta["eseq"].flatMap({ UInt64($0) }),
            let opened = meta["created"].flatMap({ Timestamp(word: $0) }), let join = UInt64(meta["jseq"] ?? "0"),
            let time = meta["now"].flatMap({ Timestamp(word: $0) })
        else { return nil }
        return RoomStanding(
            generation: generation, opened: opened, lastSequence: last, lastJoin: join, time: time,
            server: meta["run"].map(ServerProcess.init(text:)))
    }
}
