package import QueueStore
package import WaitingRoom

extension DragonflyStore {
    /// How many signs of life one script takes.
    private static let activitySlice = 500
    /// How many one script admits.
    private static let admissionSlice = 1_000
    /// How many chunks of 64 positions one script looks at.
    private static let cleaningSlice = 16

    package func leave(_ position: PositionID, in room: RoomID) async throws(StoreError) -> Place? {
        _ = try await finish("l", position, in: room)
        forget(position, in: room)
        return try await exactPlaces(of: [position], in: room)[0]
    }

    package func end(_ session: SessionID, as end: SessionEnd, in room: RoomID) async throws(StoreError) -> Bool {
        try await finish(end == .completed ? "C" : "T", PositionID(leadingTo: session), in: room)
    }

    private func finish(_ kind: String, _ position: PositionID, in room: RoomID) async throws(StoreError) -> Bool {
        let keys = RoomKeys(room: room).shards(of: CollectionOfOne(position), view(of: room))
        return try await run(.finish, in: room, keys: keys, [kind, position.hex]).integer == 1
    }

    package func record(_ activity: Activity, in room: RoomID) async throws(StoreError) -> [SessionID] {
        var dead: [SessionID] = []
        var heartbeats = activity.heartbeats[...]
        var sessions = activity.sessions[...]
        repeat {
            let nextHeartbeats = heartbeats.prefix(Self.activitySlice)
            heartbeats = heartbeats.dropFirst(nextHeartbeats.count)
            let nextSessions = sessions.prefix(Self.activitySlice - nextHeartbeats.count)
            sessions = sessions.dropFirst(nextSessions.count)
            dead += try await signs(of: Array(nextHeartbeats), Array(nextSessions), in: room)
        } while !heartbeats.isEmpty || !sessions.isEmpty
        return dead
    }

    func signs(
        of positions: [PositionID], _ activity: [SessionActivity], in room: RoomID
    ) async throws(StoreError) -> [SessionID] {
        let sessions = activity.filter { $0.session == SessionID(of: $0.position) }
        let strangers = activity.filter { $0.session != SessionID(of: $0.position) }.map(\.session)
        let seen = sessions.flatMap { [$0.position.hex, "\($0.pageViews)", $0.client?.text ?? "-"] }
        let names = RoomKeys(room: room)
        let view = view(of: room)
        let points = view.map { self.points(of: positions, epoch: $0.epoch, in: room) } ?? []
        var pointed: [String] = []
        var plain: [PositionID] = []
        var chunks: Set<String> = []
        for (index, position) in positions.enumerated() {
            guard index < points.count, let point = points[index], let view else {
                plain.append(position)
                continue
            }
            pointed += ["\(point.block)", "\(point.offset)", position.hex]
            chunks.insert(names.chunk(Int(point.block), offset: Int(point.offset), epoch: view.epoch))
        }
        let keys = chunks + names.shards(of: plain + sessions.map(\.position), view)
        let reply = try await run(
            .record, in: room, keys: keys,
            ["\(pointed.count / 3)", "\(plain.count)"] + pointed + plain.map(\.hex) + seen)
        let dead = (reply.array ?? []).compactMap(\.integer).filter { sessions.indices.contains($0) }
        return dead.map { sessions[$0].session } + strangers
    }

    package func admit(in room: RoomID) async throws(StoreError) -> AdmissionReport {
        var report = AdmissionReport(admitted: 0, waiting: 0, waits: [])
        var admitted = 0
        var random = SystemRandomNumberGenerator()
        repeat {
            let arguments = ["\(Self.admissionSlice)", DrawSeed(using: &random).hex]
            let numbers = try await run(.admit, in: room, arguments).array?.compactMap(\.integer) ?? []
            guard let waiting = numbers.first else { throw StoreError(.corrupt, "the store's answer cannot be read") }
            admitted = numbers.count - 1
            if admitted > 0 { movedPeople(in: room) }
            report.admitted += admitted
            report.waiting = waiting
            report.waits += numbers.dropFirst().map { Milliseconds(Int64($0)) }
        } while admitted == Self.admissionSlice
        return report
    }

    package func clean(in room: RoomID) async throws(StoreError) -> CleaningReport {
        var report = CleaningReport()
        var isPartial = true
        while isPartial {
            let arguments = ["\(Self.cleaningSlice)", "\(activityDelay.count)"]
            let numbers = try await run(.clean, in: room, arguments).array?.compactMap(\.integer) ?? []
            guard numbers.count == 4 else { throw StoreError(.corrupt, "the store's answer cannot be read") }
            if numbers[0] > 0 { movedPeople(in: room) }
            report.positionsExpired += numbers[0]
            report.admissionsExpired += numbers[1]
            report.sessionsExpired += numbers[2]
            isPartial = numbers[3] == 1
        }
        return report
    }
}
