package import QueueStore
package import WaitingRoom

extension DragonflyStore {
    /// How long a restoration may be silent before another gate may begin its own.
    private static let lockSpan = Milliseconds.seconds(10)
    private static let renewal = Duration.seconds(2)
    private static let batchSize = 64
    /// How long at most only those may join who come back.
    private static let longestReturn = Milliseconds.seconds(15)

    /// Rebuilds a room from its whole history, under a lock in the store: steps of the room throw `unavailable`
    /// meanwhile. The image is written beside the present one and takes its place in one step, so nothing half-done is
    /// ever seen. Its time-outs begin anew. For one `heartbeat_interval` (at most 15 s) after that only those may join
    /// who had a place before (`reenter`).
    /// - Parameters:
    ///   - history: opens the record, once this gate has the lock.
    ///   - seen: how the room stood when the caller decided; nil if the store did not know it. If it has moved since,
    ///     nothing is changed.
    /// - Throws: `unavailable` if another gate is at it, the room has moved, or the history cannot be read or sealed;
    ///   `corrupt` if it cannot be replayed.
    package func restore<History: RecordedHistory>(
        _ room: RoomID, seen: RoomStanding?, from history: () async throws -> History
    ) async throws(StoreError) -> RestoredRoom {
        try await locked(room, seen) { lock throws(StoreError) in
            let (room, report) = try await replay(history, lock)
            var image = StoredImage(of: room, epoch: lock.epoch, generation: report.generation)
            try await write(&image, lock)
            // The time of the last event: what was lost is younger.
            _ = try await step("commit", lock, Self.comingBack(room.settings, room.image.time) + image.meta)
            remember(nil, of: room.id)
            try await sweep(room.id, epoch: lock.oldEpoch)
            return report
        }
    }

    /// Lets a room go on that the record has no more of than the store, in a server process that was started since: under
    /// a new generation, so that nothing counts any more that was on its way from the one before. It may have lost what
    /// the record had not got yet.
    /// - Parameter seal: as in `RecordedHistory`; false if the record has more.
    package func adopt(
        _ settings: RoomSettings, seen: RoomStanding, seal: (_ generation: String) async throws -> Bool
    ) async throws(StoreError) {
        try await locked(settings.id, seen) { lock throws(StoreError) in
            let generation = Self.label("g")
            let isSealed: Bool
            do {
                isSealed = try await seal(generation)
            } catch {
                throw StoreError(.unavailable, "the record cannot be sealed: \(error)")
            }
            guard isSealed else { throw StoreError(.unavailable, "the record of room \(settings.id) has moved") }
            _ = try await step("adopt", lock, Self.comingBack(settings, seen.time) + [generation])
        }
    }

    /// For a while lets only those join who come back: the store has lost joins that no record has.
    package func reopen(
        _ settings: RoomSettings, seen: RoomStanding, on number: Int
    ) async throws(StoreError) {
        let arguments = Self.comingBack(settings, seen.time)
        _ = try await run(
            .restore, in: settings.id, on: number,
            ["reopen", "", arguments[0], seen.generation, "\(seen.lastSequence)", arguments[1]])
    }

    /// For how long only those may join who come back, and since when they may have been lost.
    private static func comingBack(_ settings: RoomSettings, _ lost: Timestamp) -> [String] {
        ["\(min(settings.heartbeatInterval, longestReturn).count)", "\(lost.milliseconds)"]
    }

    // MARK: The lock

    private struct RestoreLock {
        let room: RoomID
        let token: String
        let generation: String
        let sequence: UInt64
        /// Under which the image is written.
        let epoch: String
        /// All goes over one connection: behind another there may be another store.
        let connection: Int
        var oldEpoch = ""
    }

    /// Does work under the lock, which is renewed meanwhile.
    private func locked<Result: Sendable>(
        _ room: RoomID, _ seen: RoomStanding?, _ work: (RestoreLock) async throws(StoreError) -> Result
    ) async throws(StoreError) -> Result {
        guard let number = connection.number else { throw StoreError(.unavailable, "the store is away") }
        var lock = RestoreLock(
            room: room, token: Self.label("t"), generation: seen?.generation ?? "",
            sequence: seen?.lastSequence ?? 0, epoch: Self.label("e"), connection: number)
        let epochs = try await step("begin", lock, [lock.epoch]).array?.compactMap(\.text) ?? []
        guard epochs.count == 2 else { throw StoreError(.corrupt, "the store's answer cannot be read") }
        lock.oldEpoch = epochs[0]
        let renewing = Task { [lock] in
            while !Task.isCancelled {
                try? await Task.sleep(for: Self.renewal)
                if !Task.isCancelled { _ = try? await step("renew", lock) }
            }
        }
        defer { renewing.cancel() }
        do throws(StoreError) {
            // What a gate left behind that died over it.
            try await sweep(room, epoch: epochs[1])
            return try await work(lock)
        } catch {
            _ = try? await step("abandon", lock)
            if (try? await standing(of: room)?.generation ?? "") == lock.generation {
                try? await sweep(room, epoch: lock.epoch)
            }
            throw error
        }
    }

    private func step(_ name: String, _ lock: RestoreLock, _ more: [String] = []) async throws(StoreError) -> Reply {
        try await run(
            .restore, in: lock.room, on: lock.connection,
            [name, lock.token, "\(Self.lockSpan.count)", lock.generation, "\(lock.sequence)"] + more)
    }

    // MARK: The image

    /// The room after its whole history, which is sealed then.
    private func replay<History: RecordedHistory>(
        _ open: () async throws -> History, _ lock: RestoreLock
    ) async throws(StoreError) -> (Room, RestoredRoom) {
        let room = lock.room
        let generation = Self.label("g")
        var replayed: Room?
        var count = 0
        do {
            let history = try await open()
            while true {
                var batch = try await history.next()
                while let events = batch {
                    // Read while the one before is replayed.
                    async let following = history.next()
                    for event in events where event.sequence > replayed?.eventSequence ?? 0 {
                        if replayed == nil { replayed = Room(replaying: event) } else { try replayed?.replay(event) }
                        guard replayed != nil else {
                            throw StoreError(
                                .corrupt, "the history of room \(room) begins with event \(event.sequence)")
                        }
                        count += 1
                    }
                    batch = try await following
                }
                guard var replayed else { throw StoreError(.corrupt, "there is no history of room \(room)") }
                let report = RestoredRoom(
                    room: room, opened: replayed.createdAt, generation: generation, events: count,
                    waiting: replayed.waiting, admitted: replayed.admitted, activeSessions: replayed.activeSessions,
                    lastSequence: replayed.eventSequence, time: try await now())
                // Who has slept may have lost the lock, and must not shut out who has it.
                _ = try await step("renew", lock)
                if try await history.seal(report) {
                    replayed.recover(at: report.time)
                    return (replayed, report)
                }
            }
        } catch let error as StoreError {
            throw error
        } catch let error as InvalidEvent {
            throw StoreError(.corrupt, "the history cannot be replayed: \(error)")
        } catch {
            throw StoreError(.unavailable, "the history cannot be read: \(error)")
        }
    }

    private func write(_ image: inout StoredImage, _ lock: RestoreLock) async throws(StoreError) {
        let commands = image.takeCommands()
        for start in stride(from: 0, to: commands.count, by: Self.batchSize) {
            let batch = commands[start..<min(start + Self.batchSize, commands.count)]
            for reply in try await connection.send(Array(batch), on: lock.connection) {
                if case .error(let text) = reply { throw StoreError(.unavailable, "the store refuses: \(text)") }
            }
        }
    }

    /// Removes what an epoch has left behind, in bounded steps.
    private func sweep(_ room: RoomID, epoch: String) async throws(StoreError) {
        guard !epoch.isEmpty else { return }
        var cursor = "0"
        repeat {
            let reply = try await command(
                "SCAN", cursor, "MATCH", RoomKeys(room: room).key("*", epoch: epoch), "COUNT", "1000")
            guard let parts = reply.array, parts.count == 2, let next = parts[0].text else { return }
            let keys = (parts[1].array ?? []).compactMap(\.text)
            if !keys.isEmpty { _ = try await command(Command(["UNLINK"] + keys)) }
            cursor = next
        } while cursor != "0"
    }
}
