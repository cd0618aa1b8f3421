import HistoryChecker
import QueueStore
import Testing
import WaitingRoom

@testable import DragonflyStore

/// Random visitors on several gates, reloads, clocks that jump and restorations: the invariants of docs/ARCHITECTURE.md
/// must hold in what the outbox says, and the store must answer as a sorted array that is told the same.
@Suite(.enabled(if: Site.url != nil, Site.skipped))
struct RandomHistoryTests {
    @Test("The invariants hold in 80 random histories of three gates", arguments: 0..<8 as Range<UInt64>)
    func invariants(part: UInt64) async throws {
        let clock = ManualClock()
        var gates: [DragonflyStore] = []
        for number in 0..<3 {
            let lifetime = Milliseconds.seconds(number == 2 ? 1 : 0)
            gates.append(try await Site().store(clock: clock, viewLifetime: lifetime))
        }
        defer { for gate in gates { gate.close() } }
        for seed in part * 10..<part * 10 + 10 {
            var random = SeededGenerator(seed: seed)
            let room = try Site.room("random")
            try await gates[0].configure([.random(for: room, using: &random)])
            for round in 0..<6 {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for gate in gates {
                        var own = SeededGenerator(seed: random.next())
                        group.addTask { for _ in 0..<8 { try await Self.call(gate, room, clock, &own) } }
                    }
                    try await group.waitForAll()
                }
                if round == 3, seed % 2 == 0 { try await Self.restore(gates[0], room) }
                // Looked up, and from a view.
                let problems = try await Self.problems(gates[1], room) + Self.problems(gates[2], room)
                #expect(problems.isEmpty, "history \(seed), round \(round)")
                if !problems.isEmpty { return }
            }
            try await gates[0].wipe(room)
        }
    }

    /// The history goes on in the outbox of the restored room; the part before is kept here.
    private static func restore(_ gate: DragonflyStore, _ room: RoomID) async throws {
        let events = try await gate.history(of: room)
        let report = try await gate.restore(
            room, seen: try await gate.standing(of: room)
        ) { GivenHistory(events) }
        #expect(report.events == events.count)
        // So that the check that follows sees the whole history.
        for event in events.reversed() { _ = try await gate.command("LPUSH", "ar:{\(room)}:events", event.line) }
    }

    private static func call(
        _ store: DragonflyStore, _ room: RoomID, _ clock: ManualClock, _ random: inout SeededGenerator
    ) async throws {
        let number = UInt64.random(in: 1...25, using: &random)
        let id = Site.id(number)
        switch Int.random(in: 0..<29, using: &random) {
        case 0...4:
            do throws(StoreError) {
                var arrival = Site.arrival(number, priority: number % 5 == 0 ? 1 : 0)
                if number % 7 == 0 { arrival.pass = .some(of: number) }
                _ = try await store.arrive(arrival, in: room)
            } catch {
                // Just restored: as one who had a place.
                guard error.message.hasSuffix("come back first") else { throw error }
                _ = try await store.reenter(id, issued: clock.now, in: room)
            }
        case 5: _ = try? await store.enqueue(Site.arrival(number), in: room)
        case 6: _ = try await store.leave(id, in: room)
        case 7...8: _ = try await store.admit(in: room)
        case 9: _ = try await store.clean(in: room)
        case 10...11:
            let seen = SessionActivity(session: SessionID(of: id), position: id, pageViews: 1, client: nil)
            _ = try await store.record(Activity(heartbeats: [Site.id(number + 1)], sessions: [seen]), in: room)
        case 12:
            _ = try await store.end(SessionID(of: id), as: number % 2 == 0 ? .completed : .terminated, in: room)
        case 15...16: _ = try await store.comeBack(id, mayAdmit: number % 2 == 0, in: room)
        case 13: try await store.configure([.random(for: room, using: &random)])
        case 27...28:
            let code = HandoverDigest(bits: UUIDBits(high: 7, low: number))
            _ = try await store.offer(id, under: code, in: room)
            // At times into the id of somebody who is known.
            let heir = UInt64.random(in: 1...60, using: &random)
            _ = try await store.takeOver(with: code, as: Site.id(heir), in: room)
        case 14: _ = try await store.present(.some(of: number), for: id, in: room)
        case 17...19: try await operate(store, id, number, in: room, using: &random)
        default:
            let jump = Int.random(in: 0..<12, using: &random) == 0
            let span: ClosedRange<Int64> = jump ? -90_000...90_000 : 0...900
            clock.advance(by: Milliseconds(Int64.random(in: span, using: &random)))
        }
    }

    /// What an operator does.
    private static func operate(
        _ store: DragonflyStore, _ id: PositionID, _ number: UInt64, in room: RoomID,
        using random: inout SeededGenerator
    ) async throws {
        let actor = try #require(OperatorName("night"))
        switch Int.random(in: 0..<8, using: &random) {
        case 0...1: _ = try await store.override(.random(using: &random), by: actor, in: room)
        case 2...3: _ = try await store.admitNow(Int(number % 4), by: actor, in: room)
        case 4: _ = try await store.move(id, to: .front, by: actor, in: room)
        case 5: _ = try await store.move(id, to: .priority(Int(number % 3)), by: actor, in: room)
        case 6: _ = try await store.terminate(id, by: actor, in: room)
        default:
            guard number % 6 == 0 else { return }
            let scope = DrainScope.allCases[Int(number / 6 % 3)]
            _ = try await store.drain(scope, until: number, by: actor, in: room)
        }
    }

    private static func problems(_ store: DragonflyStore, _ room: RoomID) async throws -> [String] {
        let events = try await store.history(of: room)
        var findings = HistoryChecker.violations(in: events).map(\.description)
        let naive = NaiveRoom(events)
        let ids = (1...60).map { Site.id($0) }
        let places = try await store.places(of: ids, in: room, seeing: UInt64(events.count))
        for (id, place) in zip(ids, places) {
            // A final state may be forgotten.
            if place == nil, naive.statuses[id]?.isFinal == true { continue }
            if place?.position.status != naive.statuses[id] || (place != nil && place?.rank != naive.rank(of: id)) {
                findings.append("\(id) is \(String(describing: place)), not \(String(describing: naive.statuses[id]))")
            }
        }
        let facts = try await store.facts(of: room)
        if facts.waiting != naive.waiting || facts.admitted + facts.activeSessions != naive.slotsInUse {
            findings.append("the facts are wrong: \(facts)")
        }
        if facts.eventSequence != UInt64(events.count) { findings.append("the sequence is wrong") }
        return findings
    }
}
