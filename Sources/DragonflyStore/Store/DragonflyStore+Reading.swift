package import QueueStore
package import WaitingRoom

extension DragonflyStore {
    /// How many positions one script looks up.
    private static let lookSlice = 250
    private static let pageSize = 1_000

    /// Where these positions stand now, as the store says.
    func exactPlaces(of positions: [PositionID], in room: RoomID) async throws(StoreError) -> [Place?] {
        var places: [Place?] = []
        places.reserveCapacity(positions.count)
        var rest = positions[...]
        repeat {
            let slice = rest.prefix(Self.lookSlice)
            rest = rest.dropFirst(slice.count)
            let connection = connection.number
            let look = try await look(Array(slice), in: room)
            let found = look.positions.map { $0?.place(in: room, waiting: look.waiting, timeouts: look.timeouts) }
            let waiting = zip(look.positions, found).compactMap { known, place -> (PositionID, RememberedPosition)? in
                guard let place, place.position.status == .waiting, let point = known?.point else { return nil }
                return (
                    place.position.id,
                    RememberedPosition(place, at: point, isInFront: known?.isInFront ?? false)
                )
            }
            remember(waiting, epoch: look.epoch, in: room, on: connection)
            places += found
        } while !rest.isEmpty
        return places
    }

    package func claim(_ position: PositionID, in room: RoomID) async throws(StoreError) -> ClaimOutcome {
        guard let place = try await exactPlaces(of: [position], in: room)[0] else { return .unknown }
        return switch place.position.status {
        case .waiting: .waiting(place)
        case .admitted, .active: .session(SessionID(of: position), place)
        case .expired, .left, .completed, .terminated, .moved: .ended(place)
        }
    }

    package func session(_ id: SessionID, in room: RoomID) async throws(StoreError) -> Session? {
        let look = try await look([PositionID(leadingTo: id)], in: room)
        return look.positions.first??.session(in: room, timeouts: look.timeouts)
    }

    private struct Look {
        var epoch: String
        var waiting: Int
        var timeouts: RoomTimeouts
        var positions: [KnownPosition?]
    }

    private func look(_ positions: [PositionID], in room: RoomID) async throws(StoreError) -> Look {
        let keys = RoomKeys(room: room).shards(of: positions, view(of: room))
        let replies = try await run(.look, in: room, keys: keys, positions.map(\.hex)).array ?? []
        let head = replies.prefix(5).compactMap(\.integer)
        guard head.count == 5, replies.count == 6 + positions.count, let epoch = replies[5].text else {
            throw StoreError(.corrupt, "the store's answer cannot be read")
        }
        var known: [KnownPosition?] = []
        for reply in replies.dropFirst(6) {
            guard case .array(let words) = reply else {
                known.append(nil)
                continue
            }
            known.append(try KnownPosition(words))
        }
        let timeouts = RoomTimeouts(
            heartbeat: Milliseconds(Int64(head[1])), claim: Milliseconds(Int64(head[2])),
            session: Milliseconds(Int64(head[3])), renewal: head[4] == 1)
        return Look(epoch: epoch, waiting: head[0], timeouts: timeouts, positions: known)
    }

    package func facts(of room: RoomID) async throws(StoreError) -> RoomFacts {
        _ = try trustedConnection(for: room)
        return try facts(of: room, in: try await meta(of: room))
    }

    func facts(of room: RoomID, in meta: [String: String]) throws(StoreError) -> RoomFacts {
        guard let text = meta["set"] else {
            distrust(room)
            throw StoreError(.unknownRoom, "room \(room) was never configured")
        }
        guard let configured = RoomSettings(text: text, of: room), let sequence = meta["eseq"].flatMap({ UInt64($0) })
        else { throw StoreError(.corrupt, "the store holds settings of room \(room) that cannot be read") }
        func number(_ name: String) -> Int { meta[name].flatMap { Int($0) } ?? 0 }
        func time(_ name: String) -> Timestamp { Timestamp(milliseconds: Int64(number(name))) }
        let draw = meta["seed"].flatMap { DrawSeed(hex: $0) }.map {
            Draw(
                seed: $0, since: time("dsince"), lastJoin: UInt64(number("djoin")), isRevealed: number("drawing") == 0)
        }
        return RoomFacts(
            configured: configured, adapted: try Self.adapted(meta["adapt"] ?? "", of: room),
            overrides: try Self.overrides(meta["over"] ?? "", of: room),
            createdAt: time("created"), updatedAt: time("updated"), waiting: number("waiting"),
            admitted: number("admitted"), activeSessions: number("active"), enqueuedTotal: number("enq"),
            admittedTotal: number("adm"), abandonedTotal: number("aban"), removedTotal: number("rem"),
            expiredTotal: number("exp"), heartbeatsTotal: number("hbs"), returnedTotal: number("ret"),
            passesUsedTotal: number("pused"), eventSequence: sequence, time: time("now"), draw: draw?.published)
    }

    /// The fields of a room's `meta`; none if the store does not know the room.
    func meta(of room: RoomID) async throws(StoreError) -> [String: String] {
        let words = try await command("HGETALL", RoomKeys(room: room).meta).array?.compactMap(\.text) ?? []
        var meta: [String: String] = [:]
        for index in stride(from: 0, to: words.count - 1, by: 2) { meta[words[index]] = words[index + 1] }
        return meta
    }

    package func endedSessions(in room: RoomID, since: Timestamp) async throws(StoreError) -> [SessionID] {
        guard let epoch = try await meta(of: room)["epoch"] else {
            throw StoreError(.unknownRoom, "room \(room) was never configured")
        }
        let key = RoomKeys(room: room).key("ended", epoch: epoch)
        var ended: [SessionID] = []
        var last = -1
        // From the end: what ends while this reads may be told twice, but nothing is skipped.
        while true {
            let page = try await command("LRANGE", key, "\(last - Self.pageSize + 1)", "\(last)").array ?? []
            let entries = page.compactMap(\.text).map { $0.split(separator: " ") }
            let due = entries.filter { $0.count == 2 && Timestamp(word: $0[0]).map { $0 >= since } == true }
            ended += due.compactMap { PositionID(hex: $0[1]).map { SessionID(of: $0) } }
            if page.count < Self.pageSize || due.count < page.count { return ended }
            last -= Self.pageSize
        }
    }
}
