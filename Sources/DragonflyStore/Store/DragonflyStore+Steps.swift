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
        _ = try await finish("l", position, by: nil, in: room)
        forget(position, in: room)
        return try await exactPlaces(of: [position], in: room)[0]
    }

    package func end(
        _ session: SessionID, as end: SessionEnd, by actor: OperatorName?, in room: RoomID
    ) async throws(StoreError) -> Bool {
        switch end {
        case .completed: try await finish("C", PositionID(leadingTo: session), by: nil, in: room)
        case .terminated: try await finish("T", PositionID(leadingTo: session), by: actor, in: room)
        }
    }

    func finish(
        _ kind: String, _ position: PositionID, by actor: OperatorName?, in room: RoomID
    ) async throws(StoreError) -> Bool {
        let keys = RoomKeys(room: room).shards(of: CollectionOfOne(position), view(of: room))
        return try await run(.finish, in: room, keys: keys, [kind, position.hex, actor?.text ?? ""]).integer == 1
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
        var total = AdmissionReport(admitted: 0, waiting: 0, waits: [])
        var admitted = 0
        repeat {
            let report = try await admit(Self.admissionSlice, by: nil, in: room)
            total.add(report)
            admitted = report.admitted
        } while admitted == Self.admissionSlice
        return total
    }

    package func admitNow(
        _ count: Int, by actor: OperatorName, in room: RoomID
    ) async throws(StoreError) -> AdmissionReport {
        var total = AdmissionReport(admitted: 0, waiting: 0, waits: [])
        var rest = max(0, count)
        repeat {
            let size = min(rest, Self.admissionSlice)
            let report = try await admit(size, by: actor, in: room)
            total.add(report)
            rest = report.admitted < size ? 0 : rest - size
        } while rest > 0
        return total
    }

    private func admit(
        _ size: Int, by actor: OperatorName?, in room: RoomID
    ) async throws(StoreError) -> AdmissionReport {
        var random = SystemRandomNumberGenerator()
        let arguments = ["\(size)", DrawSeed(using: &random).hex, actor?.text ?? ""]
        let reply = try await run(.admit, in: room, arguments).array ?? []
        guard let waiting = reply.first?.integer else {
            throw StoreError(.corrupt, "the store's answer cannot be read")
        }
        if reply.count == 2, case .text(let word) = reply[1], let refusal = GrantRefusal(word: word) {
            return AdmissionReport(admitted: 0, waiting: waiting, waits: [], refusal: refusal)
        }
        let waits = reply.dropFirst().compactMap(\.integer).map { Milliseconds(Int64($0)) }
        if !waits.isEmpty { movedPeople(in: room) }
        return AdmissionReport(admitted: waits.count, waiting: waiting, waits: waits)
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
