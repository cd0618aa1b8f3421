package import WaitingRoom

/// Recomputes a room's draws from its events, or from those of them that were published.
package struct DrawChecker: Sendable {
    /// One who takes part, and what the record says of the place.
    private struct Entry {
        let id: PositionID
        let join: UInt64
        var priority: Int
        /// Nil of one who comes back after a missed turn, to the front: that place is not drawn.
        let key: UInt64?
    }

    private struct Running {
        let start: DrawStart
        let time: Timestamp
        var entries: [Entry] = []
        var indices: [PositionID: Int] = [:]
        var left: Set<PositionID> = []
        /// Whom an operator put before all others: no place in the order is theirs.
        var excepted: Set<PositionID> = []

        mutating func add(_ entry: Entry) {
            indices[entry.id] = entries.count
            entries.append(entry)
        }

        mutating func move(_ id: PositionID, to priority: Int) {
            if let index = indices[id] { entries[index].priority = priority }
        }

        func priority(of id: PositionID) -> Int? { indices[id].map { entries[$0].priority } }
    }

    /// A draw whose seed is known.
    package struct Result: Sendable {
        package let commitment: DrawCommitment
        package let seed: DrawSeed
        package let startedAt: Timestamp
        package let revealedAt: Timestamp
        /// By the seed: higher priority first, then the least key.
        package let order: [(id: PositionID, join: UInt64)]
    }

    /// Somebody who is drawn and waits.
    private struct Drawn {
        let id: PositionID
        let key: UInt64
        let join: UInt64

        static func stands(_ a: Self, before b: Self) -> Bool { (a.key, a.join) < (b.key, b.join) }
    }

    /// Those of one priority, in order; admissions go through the list from front to back.
    private struct Turn {
        var drawn: [Drawn] = []
        var next = 0
    }

    /// What does not agree, for a person.
    package private(set) var mistakes: [String] = []
    package private(set) var results: [Result] = []
    private var running: Running?
    private var turns: [Int: Turn] = [:]
    private var priorities: [PositionID: Int] = [:]
    private var gone: Set<PositionID> = []
    /// Those who stand where somebody else was drawn, since the place moved to another device.
    private var origins: [PositionID: PositionID] = [:]
    private var last: UInt64 = 0
    /// So many mistakes are told.
    private static let limit = 100

    package init() {}

    /// The record ends within a pre-queue: the seed is not known yet.
    package var isUnfinished: Bool { running != nil }

    /// The draw of the record that goes on or was last revealed.
    package var commitment: DrawCommitment? { running?.start.commitment ?? results.last?.commitment }

    package mutating func observe(_ event: RoomEvent) {
        if event.sequence <= last { report("event \(event.sequence) comes after event \(last)") }
        last = max(last, event.sequence)
        switch event.change {
        case .drawStarted(let start):
            if running != nil { report("a draw starts before the one before it was revealed") }
            running = Running(start: start, time: event.time)
        case .positionEnqueued(let position, let key):
            running?.add(
                Entry(
                    id: position.id, join: position.sequence, priority: position.priority,
                    key: position.id.isReturn ? nil : key))
        case .drawRevealed(let end): finish(end, at: event.time)
        case .positionAdmitted(let id, _): admit(drawn(id))
        case .positionExpired(let id), .positionLeft(let id), .positionTerminated(let id, _):
            let id = drawn(id)
            gone.insert(id)
            running?.left.insert(id)
        case .passUsed(let pass, let id):
            let id = drawn(id)
            if let known = running?.priority(of: id) ?? priorities[id], known >= pass.priority { return }
            move(id, to: pass.priority)
        case .positionMoved(let id, .priority(let priority), _): move(drawn(id), to: priority)
        case .positionMoved(let id, .front, _):
            let id = drawn(id)
            running?.excepted.insert(id)
            except(id)
        case .positionHandedOver(let id, let heir): origins[heir] = drawn(id)
        case .sessionStarted, .sessionExpired, .sessionCompleted, .sessionTerminated, .admissionGranted,
            .roomUpdated, .roomOverridden:
            break
        }
    }

    /// Under which id the place of a position was drawn.
    private func drawn(_ id: PositionID) -> PositionID { origins[id] ?? id }

    private mutating func finish(_ end: DrawEnd, at time: Timestamp) {
        guard let draw = running else { return report("a seed is revealed though no draw was started in this record") }
        running = nil
        let computed = end.seed.commitment
        if computed != draw.start.commitment {
            report("the seed's SHA-256 is \(computed), but \(draw.start.commitment) was published")
        }
        var expected = draw.start.lastJoin
        let keys = end.seed.keys
        var keyed: [(key: UInt64, entry: Entry)] = []
        keyed.reserveCapacity(draw.entries.count)
        for entry in draw.entries {
            expected += 1
            if entry.join != expected {
                report("join \(entry.join), position \(entry.id), stands where join \(expected) should")
                expected = entry.join
            }
            guard let given = entry.key else { continue }
            let key = keys.key(of: entry.id)
            if key != given { report("position \(entry.id) was given the key \(given), but the seed gives it \(key)") }
            keyed.append((key, entry))
        }
        if expected != end.lastJoin {
            report("the list ends with join \(expected), but joins through \(end.lastJoin) took part")
        }
        keyed.sort { ($1.entry.priority, $0.key, $0.entry.join) < ($0.entry.priority, $1.key, $1.entry.join) }
        turns = [:]
        priorities = [:]
        gone = draw.left
        for (key, entry) in keyed {
            turns[entry.priority, default: Turn()].drawn.append(Drawn(id: entry.id, key: key, join: entry.join))
            priorities[entry.id] = entry.priority
        }
        for id in draw.excepted { except(id) }
        results.append(
            Result(
                commitment: draw.start.commitment, seed: end.seed, startedAt: draw.time, revealedAt: time,
                order: keyed.map { ($0.entry.id, $0.entry.join) }))
    }

    private mutating func admit(_ id: PositionID) {
        if let running, let index = running.indices[id], running.entries[index].key != nil {
            report("position \(id) is admitted before the draw is revealed")
        }
        guard let priority = priorities[id], var turn = turns[priority] else { return }
        while turn.next < turn.drawn.count, gone.contains(turn.drawn[turn.next].id) { turn.next += 1 }
        if turn.next < turn.drawn.count, turn.drawn[turn.next].id == id {
            turn.next += 1
        } else {
            let first = turn.next < turn.drawn.count ? "position \(turn.drawn[turn.next].id)" : "nobody"
            report("position \(id) is admitted though \(first) stands before all others")
        }
        gone.insert(id)
        turns[priority] = turn
    }

    /// From here on it stands in no drawn order.
    private mutating func except(_ id: PositionID) {
        if priorities.removeValue(forKey: id) != nil { gone.insert(id) }
    }

    /// A pass or an operator moves a position to another priority; its key goes with it.
    private mutating func move(_ id: PositionID, to priority: Int) {
        running?.move(id, to: priority)
        guard let old = priorities[id], old != priority, !gone.contains(id),
            let index = turns[old]?.drawn.firstIndex(where: { $0.id == id }),
            let moved = turns[old]?.drawn.remove(at: index)
        else { return }
        if let next = turns[old]?.next, index < next { turns[old]?.next = next - 1 }
        var turn = turns[priority] ?? Turn()
        let place = turn.drawn[turn.next...].firstIndex { Drawn.stands(moved, before: $0) } ?? turn.drawn.count
        turn.drawn.insert(moved, at: place)
        turns[priority] = turn
        priorities[id] = priority
    }

    private mutating func report(_ mistake: String) {
        if mistakes.count < Self.limit { mistakes.append(mistake) }
    }
}
