import HistoryChecker
import Testing
import WaitingRoom

/// A draw as it was recorded, and everything that somebody might change of it afterwards.
struct DrawCheckerTests {
    private static func id(_ number: UInt64) -> PositionID { PositionID(bits: UUIDBits(high: 7, low: number)) }

    private static func seed(_ digits: String) throws -> DrawSeed {
        try #require(DrawSeed(hex: String(repeating: digits, count: 32)))
    }

    /// Twenty join, the sixth gives up, and five are admitted.
    private static func record() throws -> [RoomEvent.Change] {
        let seed = try seed("5a")
        let room = try #require(RoomID("hall"))
        let keys = seed.keys
        var changes: [RoomEvent.Change] = [
            .drawStarted(DrawStart(commitment: seed.commitment, seed: nil, lastJoin: 3))
        ]
        for number in 4...23 as ClosedRange<UInt64> {
            let position = QueuePosition(
                id: id(number), queueID: room, sequence: number, priority: 0,
                enqueuedAt: Timestamp(milliseconds: 0), status: .waiting, expiresAt: Timestamp(milliseconds: 1))
            changes.append(.positionEnqueued(position, shuffleKey: keys.key(of: position.id)))
        }
        changes.append(.drawRevealed(DrawEnd(seed: seed, lastJoin: 23)))
        let order = (4...23 as ClosedRange<UInt64>).sorted { keys.key(of: id($0)) < keys.key(of: id($1)) }
        changes.append(.positionLeft(id(order[1])))
        for number in [order[0]] + order[2..<6] {
            changes.append(.positionAdmitted(id(number), expiresAt: Timestamp(milliseconds: 1)))
        }
        return changes
    }

    private static func check(_ changes: [RoomEvent.Change]) throws -> DrawChecker {
        let room = try #require(RoomID("hall"))
        var checker = DrawChecker()
        for (index, change) in changes.enumerated() {
            checker.observe(
                RoomEvent(
                    sequence: UInt64(index + 1), time: Timestamp(milliseconds: Int64(index)), room: room, change: change
                ))
        }
        return checker
    }

    @Test("A draw that was not changed is found right")
    func right() throws {
        let checker = try Self.check(try Self.record())
        #expect(checker.mistakes == [])
        #expect(checker.results.first?.order.count == 20)
        #expect(!checker.isUnfinished)
        #expect(try Self.check(Array(try Self.record().prefix(21))).isUnfinished)
    }

    @Test("Whom an operator moved or removed is admitted, or not, as the record says", arguments: [false, true])
    func operators(isBeforeOpening: Bool) throws {
        let actor = try #require(OperatorName("night"))
        var changes = try Self.record()
        let admissions = changes.suffix(5)
        changes.removeLast(5)
        // The first of the order stays; the last one is put in front, the next removed, and one goes to a priority of its own.
        let keys = try Self.seed("5a").keys
        let order = (4...23 as ClosedRange<UInt64>).sorted { keys.key(of: Self.id($0)) < keys.key(of: Self.id($1)) }
        let moves: [RoomEvent.Change] = [
            .positionMoved(Self.id(order[19]), to: .front, by: actor),
            .positionTerminated(Self.id(order[2]), by: actor),
            .positionMoved(Self.id(order[3]), to: .priority(3), by: actor),
        ]
        changes.insert(contentsOf: moves, at: isBeforeOpening ? 21 : changes.endIndex)
        let expires = Timestamp(milliseconds: 1)
        for number in [order[19], order[3]] {
            changes.append(.positionAdmitted(Self.id(number), expiresAt: expires))
        }
        var wrong = changes
        changes += [admissions[admissions.startIndex]] + admissions.dropFirst(3)
        #expect(try Self.check(changes).mistakes == [])
        wrong.append(.positionAdmitted(Self.id(order[5]), expiresAt: expires))
        #expect(try Self.check(wrong).mistakes.count == 1)
    }

    @Test("A place that was drawn keeps its turn when it moves to another device, before the opening and after it")
    func handedOver() throws {
        var changes = try Self.record()
        guard case .positionLeft(let second) = changes[22], case .positionAdmitted(let first, let end) = changes[23]
        else {
            Issue.record("another record")
            return
        }
        changes[22] = .positionLeft(Self.id(102))
        changes[23] = .positionAdmitted(Self.id(202), expiresAt: end)
        changes.insert(.positionHandedOver(Self.id(201), to: Self.id(202)), at: 23)
        changes.insert(.positionHandedOver(first, to: Self.id(201)), at: 22)
        changes.insert(.positionHandedOver(second, to: Self.id(102)), at: 21)
        #expect(try Self.check(changes).mistakes == [])
        changes.swapAt(26, 27)
        #expect(try !Self.check(changes).mistakes.isEmpty)
    }

    @Test("Another seed, commitment, list or order is found", arguments: Forgery.allCases)
    func forged(forgery: Forgery) throws {
        var changes = try Self.record()
        let other = try Self.seed("5b")
        switch forgery {
        case .commitment: changes[0] = .drawStarted(DrawStart(commitment: other.commitment, seed: nil, lastJoin: 3))
        case .seed: changes[21] = .drawRevealed(DrawEnd(seed: other, lastJoin: 23))
        case .commitmentAndSeed:
            changes[0] = .drawStarted(DrawStart(commitment: other.commitment, seed: nil, lastJoin: 3))
            changes[21] = .drawRevealed(DrawEnd(seed: other, lastJoin: 23))
        case .missing: changes.remove(at: 9)
        case .firstMissing: changes.remove(at: 1)
        case .lastMissing: changes.remove(at: 20)
        case .added: changes.insert(changes[9], at: 10)
        case .replaced:
            guard case .positionEnqueued(let position, let key) = changes[9] else { return }
            let stranger = QueuePosition(
                id: Self.id(99), queueID: position.queueID, sequence: position.sequence, priority: 0,
                enqueuedAt: position.enqueuedAt, status: .waiting, expiresAt: position.expiresAt)
            changes[9] = .positionEnqueued(stranger, shuffleKey: key)
        case .swapped: changes.swapAt(9, 10)
        case .key:
            guard case .positionEnqueued(let position, let key) = changes[9] else { return }
            changes[9] = .positionEnqueued(position, shuffleKey: key ^ 1)
        case .order: changes.swapAt(23, 24)
        case .skipped: changes.remove(at: 24)
        case .early: changes.insert(.positionAdmitted(Self.id(4), expiresAt: Timestamp(milliseconds: 1)), at: 5)
        case .unstarted: changes.remove(at: 0)
        }
        #expect(try !Self.check(changes).mistakes.isEmpty)
    }

    enum Forgery: CaseIterable {
        case commitment, seed, commitmentAndSeed, missing, firstMissing, lastMissing, added, replaced, swapped, key,
            order
        case skipped, early, unstarted
    }
}
