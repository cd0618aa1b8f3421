package import QueueStore
import Synchronization
package import WaitingRoom

extension DragonflyStore {
    package func arrive(_ arrival: Arrival, in room: RoomID) async throws(StoreError) -> ArrivalOutcome {
        try await join(arrival, .admission, in: room)
    }

    package func enqueue(_ arrival: Arrival, in room: RoomID) async throws(StoreError) -> ArrivalOutcome {
        try await join(arrival, .place, in: room)
    }

    package func reenter(
        _ position: PositionID, issued: Timestamp, in room: RoomID
    ) async throws(StoreError) -> Place? {
        let arrival = Arrival(id: position, client: Client(address: "", userAgent: ""))
        switch try await queued(arrival, .formerPlace(issued), in: room) {
        case .made(.waiting(let place)), .made(.admitted(let place)): return place
        case .made, .full, .crowded, .closed, .later, .unknown, .refused, .taken: return nil
        case .known: return try await exactPlaces(of: [position], in: room)[0]
        }
    }

    package func comeBack(
        _ missed: PositionID, mayAdmit: Bool, in room: RoomID
    ) async throws(StoreError) -> ArrivalOutcome? {
        guard let id = PositionID(returningFrom: missed) else { return nil }
        let arrival = Arrival(id: id, client: Client(address: "", userAgent: ""))
        switch try await queued(arrival, .missedTurn(missed, mayAdmit: mayAdmit), in: room) {
        case .full, .crowded, .later, .unknown, .refused, .taken: return nil
        case .closed(let phase): return .closed(phase)
        case .known: _ = try await signs(of: [id], [], in: room)
        case .made: break
        }
        // What the position that missed its turn had brought, the store knows.
        return try await exactPlaces(of: [id], in: room)[0].map(ArrivalOutcome.init(standing:))
    }

    private func join(
        _ arrival: Arrival, _ wish: JoinQueue.Wish, in room: RoomID
    ) async throws(StoreError) -> ArrivalOutcome {
        switch try await queued(arrival, wish, in: room) {
        case .made(let outcome): return outcome
        case .full: return .full
        case .refused(let refusal): return .refused(refusal)
        case .crowded: return .crowded
        case .closed(let phase): return .closed(phase)
        case .later, .unknown:
            throw StoreError(.unavailable, "room \(room) was just restored: those who had a place come back first")
        case .taken(let holder):
            guard let place = try await exactPlaces(of: [holder], in: room)[0] else {
                throw StoreError(.unavailable, "room \(room) changes too fast; try again")
            }
            return .taken(place)
        case .known: break
        }
        // Who comes back gives a sign of life by it.
        _ = try await signs(of: [arrival.id], [], in: room)
        guard let place = try await exactPlaces(of: [arrival.id], in: room)[0] else {
            // Forgotten in between: now the id is free.
            guard case .made(let outcome) = try await queued(arrival, wish, in: room) else { return .full }
            return outcome
        }
        return ArrivalOutcome(standing: place)
    }

    private func queued(
        _ arrival: Arrival, _ wish: JoinQueue.Wish, in room: RoomID
    ) async throws(StoreError) -> JoinAnswer {
        try await withCheckedContinuation { continuation in
            let waiter = JoinQueue.Waiter(arrival: arrival, wish: wish, continuation: continuation)
            let (isAccepted, mustDrain) = joins.withLock { queues in
                guard queues[room, default: JoinQueue()].count < JoinQueue.limit else { return (false, false) }
                return (true, queues[room, default: JoinQueue()].append(waiter))
            }
            if !isAccepted {
                continuation.resume(returning: .failure(StoreError(.unavailable, "too many wait for the store")))
            }
            if mustDrain { Task { await drain(room) } }
        }.get()
    }

    private func drain(_ room: RoomID) async {
        while let batch = joins.withLock({ $0[room]?.next() }) {
            do throws(StoreError) {
                let answers = try await join(batch, in: room)
                for (waiter, answer) in zip(batch, answers) { waiter.continuation.resume(returning: .success(answer)) }
            } catch {
                for waiter in batch { waiter.continuation.resume(returning: .failure(error)) }
            }
        }
    }

    private func join(_ batch: [JoinQueue.Waiter], in room: RoomID) async throws(StoreError) -> [JoinAnswer] {
        // The keys must be of the draw that goes on; the store says where they are not.
        for _ in 0..<4 {
            let drawn = draws.withLock { $0.removeValue(forKey: room) }
            guard let answers = try await join(batch, in: room, drawn: drawn) else { continue }
            draws.withLock { $0[room] = drawn?.used }
            return answers
        }
        throw StoreError(.unavailable, "room \(room) changes too fast; try again")
    }

    /// Nil if the shuffle keys were not those that are due; which are is known then.
    private func join(
        _ batch: [JoinQueue.Waiter], in room: RoomID, drawn: JoinDraw?
    ) async throws(StoreError) -> [JoinAnswer]? {
        var random = SystemRandomNumberGenerator()
        var arguments = [drawn?.text ?? ""]
        arguments.reserveCapacity(1 + 7 * batch.count)
        let drawKeys = drawn?.seed.keys
        var withExtras = drawn != nil
        for waiter in batch {
            let arrival = waiter.arrival
            var particulars = Particulars(userID: arrival.userID, metadata: arrival.metadata).text
            let isKept = arrival.grantedPriority != 0 || particulars != Particulars.none
            withExtras = withExtras || isKept
            if case .missedTurn(let missed, _) = waiter.wish { particulars = missed.hex }
            let key = drawKeys?.key(of: arrival.id) ?? UInt64.random(in: 1...UInt64.max, using: &random)
            let shuffleKey = String(key, radix: 16)
            arguments += [
                waiter.wish.text, arrival.id.hex, "\(arrival.priority)" + (arrival.pass.map { ":" + $0.text } ?? ""),
                String(repeating: "0", count: 16 - shuffleKey.utf8.count) + shuffleKey, particulars, isKept ? "1" : "0",
                arrival.addressDigest.map { "\($0)" } ?? "-",
            ]
        }
        let names = RoomKeys(room: room)
        let view = view(of: room)
        let keys =
            names.shards(of: batch.flatMap(\.positions), view)
            + names.passes(batch.compactMap(\.arrival.pass?.id), view)
            + names.counts(of: batch.compactMap(\.arrival.addressDigest), view)
            + names.users(batch.map { Particulars(userID: $0.arrival.userID, metadata: [:]) }, view)
            + names.tail(view, count: batch.count, withExtras: withExtras)
        let connection = connection.number
        let words = try await run(.join, in: room, keys: keys, arguments).array?.compactMap(\.text) ?? []
        let damaged = StoreError(.corrupt, "the store's answer to a join cannot be read")
        if words.first == "SEED", words.count == 2 {
            draws.withLock { $0[room] = JoinDraw(due: words[1]) }
            return nil
        }
        guard words.count == 8 + batch.count, let now = Timestamp(word: words[0]), let heartbeat = Int64(words[1]),
            let claim = Int64(words[2]), let block = Int(words[4]), let offset = Int(words[5])
        else { throw damaged }
        remember(
            RoomView(
                epoch: words[3], block: block, offset: offset, isShuffled: words[6] == "1",
                countsAddresses: words[7] == "1"), of: room)
        var answers: [JoinAnswer] = []
        for (waiter, text) in zip(batch, words.dropFirst(8)) {
            let parts = text.split(separator: " ")
            switch parts.first {
            case "K": answers.append(.known)
            case "F": answers.append(.full)
            case "U":
                guard parts.count == 2, let holder = PositionID(hex: parts[1]) else { throw damaged }
                answers.append(.taken(holder))
            case "H": answers.append(.crowded)
            case "S": answers.append(.closed(.scheduled))
            case "C": answers.append(.closed(.closed))
            case "L": answers.append(.later)
            case "N": answers.append(.unknown)
            case "P":
                guard parts.count == 2, let refusal = PassRefusal(rawValue: String(parts[1])) else { throw damaged }
                answers.append(.refused(refusal))
            case "W", "A":
                guard parts.count == 4, let sequence = UInt64(parts[1]), let rank = Int(parts[2]),
                    let waiting = Int(parts[3])
                else { throw damaged }
                lastJoins.withLock { $0[room] = max($0[room] ?? 0, sequence) }
                let isWaiting = parts[0] == "W"
                let arrival = waiter.arrival
                let place = Place(
                    position: QueuePosition(
                        id: arrival.id, queueID: room, sequence: sequence, priority: arrival.grantedPriority,
                        enqueuedAt: now,
                        userID: arrival.userID, metadata: arrival.metadata, status: isWaiting ? .waiting : .admitted,
                        expiresAt: now + Milliseconds(isWaiting ? heartbeat : claim)),
                    rank: rank, totalWaiting: waiting)
                answers.append(.made(isWaiting ? .waiting(place) : .admitted(place)))
            default: throw damaged
            }
        }
        if words[6] == "0" {
            let joined = Self.points(of: zip(batch, answers).map { $0 }, block: block, next: offset)
            remember(joined, epoch: words[3], in: room, on: connection)
        }
        return answers
    }

    /// Those of a batch who wait now. They took the offsets before the next one, in order; those who still came into the
    /// block before are left out.
    private static func points(
        of answers: [(JoinQueue.Waiter, JoinAnswer)], block: Int, next: Int
    ) -> [(PositionID, RememberedPosition)] {
        var joined: [(PositionID, RememberedPosition)] = []
        var offset = next
        for case (let waiter, .made(let outcome)) in answers.reversed() {
            offset -= 1
            guard let point = JoinPoint(block: block, offset: offset) else { break }
            // What somebody who comes back had brought the answer does not say.
            if case .missedTurn = waiter.wish { continue }
            guard case .waiting(let place) = outcome else { continue }
            joined.append((place.position.id, RememberedPosition(place, at: point)))
        }
        return joined
    }
}

extension ArrivalOutcome {
    /// Where somebody stands who was there before.
    init(standing place: Place) {
        self =
            switch place.position.status {
            case .waiting: .waiting(place)
            case .admitted, .active: .admitted(place)
            case .expired, .left, .completed, .terminated, .moved: .ended(place)
            }
    }
}

extension JoinQueue.Waiter {
    /// Those that the script looks up.
    fileprivate var positions: [PositionID] {
        if case .missedTurn(let missed, _) = wish { [arrival.id, missed] } else { [arrival.id] }
    }
}
