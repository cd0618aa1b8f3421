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
        var random = SystemRandomNumberGenerator()
        let lock = RestoreLock(
            token: Self.label("t", using: &random), generation: seen?.generation ?? "",
            sequence: seen?.lastSequence ?? 0)
        let oldEpoch = try await step("begin", lock, in: room)
        let renewing = Task {
            while !Task.isCancelled {
                try? await Task.sleep(for: Self.renewal)
                if !Task.isCancelled { _ = try? await step("renew", lock, in: room) }
            }
        }
        defer { renewing.cancel() }
        do throws(StoreError) {
            let generation = Self.label("g", using: &random)
            var (replayed, report) = try await replay(history, generation, in: room)
            replayed.recover(at: report.time)
            let epoch = Self.label("e", using: &random)
            var image = StoredImage(
                of: replayed, epoch: epoch, generation: generation,
                reopens: report.time + Self.span(closing: replayed.settings))
            try await write(&image)
            _ = try await step("commit", lock, in: room, image.meta)
            remember(nil, of: room)
            try await sweep(room, epoch: oldEpoch)
            return report
        } catch {
            _ = try? await step("abandon", lock, in: room)
            throw error
        }
    }

    /// For a while lets only those join who come back: the store has lost joins that no record has.
    package func reopen(_ room: RoomID, _ settings: RoomSettings, seen: RoomStanding) async throws(StoreError) {
        _ = try await run(
            .restore, in: room, ["reopen", "", "\(Self.span(closing: settings).count)", seen.generation])
    }

    private static func span(closing settings: RoomSettings) -> Milliseconds {
        min(settings.heartbeatInterval, longestReturn)
    }

    private struct RestoreLock {
        let token: String
        let generation: String
        let sequence: UInt64
    }

    private func step(
        _ name: String, _ lock: RestoreLock, in room: RoomID, _ meta: [String] = []
    ) async throws(StoreError) -> String {
        try await run(
            .restore, in: room,
            [name, lock.token, "\(Self.lockSpan.count)", lock.generation, "\(lock.sequence)"] + meta
        ).text ?? ""
    }

    /// The room after its whole history, which is sealed then.
    private func replay<History: RecordedHistory>(
        _ open: () async throws -> History, _ generation: String, in room: RoomID
    ) async throws(StoreError) -> (Room, RestoredRoom) {
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
                guard let replayed else { throw StoreError(.corrupt, "there is no history of room \(room)") }
                let report = RestoredRoom(
                    room: room, opened: replayed.createdAt, generation: generation, events: count,
                    waiting: replayed.waiting, admitted: replayed.admitted, activeSessions: replayed.activeSessions,
                    lastSequence: replayed.eventSequence, time: try await now())
                if try await history.seal(report) { return (replayed, report) }
            }
        } catch let error as StoreError {
            throw error
        } catch let error as InvalidEvent {
            throw StoreError(.corrupt, "the history cannot be replayed: \(error)")
        } catch {
            throw StoreError(.unavailable, "the history cannot be read: \(error)")
        }
    }

    private func write(_ image: inout StoredImage) async throws(StoreError) {
        let commands = image.takeCommands()
        for start in stride(from: 0, to: commands.count, by: Self.batchSize) {
            let batch = commands[start..<min(start + Self.batchSize, commands.count)]
            for reply in try await connection.send(Array(batch)) {
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
