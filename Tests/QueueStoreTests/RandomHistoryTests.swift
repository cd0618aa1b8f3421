import HistoryChecker
import Synchronization
import Testing
import WaitingRoom

@testable import QueueStore

/// Random visitors, several callers at once, reloads, clocks that jump, and crashes in the middle of writes: the
/// invariants of docs/ARCHITECTURE.md must hold in what was recorded, and nothing that was acknowledged may be missing
/// from it.
struct RandomHistoryTests {
    private static let historiesPerCase: UInt64 = 500

    @Test("The invariants hold in 10,000 random histories with crashes", arguments: 0..<20 as Range<UInt64>)
    func invariants(part: UInt64) async throws {
        for index in 0..<Self.historiesPerCase {
            let seed = part * Self.historiesPerCase + index
            var history = try RandomHistory(seed: seed)
            try await history.run()
            let problems = history.problems()
            #expect(problems.isEmpty, "history \(seed)")
            if !problems.isEmpty { return }
        }
    }
}

/// One history: some lives of a store, each ended by a crash.
private struct RandomHistory {
    private static let callers = 3

    private var fixture: Fixture
    private var random: SeededGenerator
    private let promised = Promised()
    /// By sequence: what the observer was told and what the files hold.
    private var events: [UInt64: RoomEvent] = [:]
    private var findings: [String] = []

    /// What callers were told.
    private final class Promised: Sendable {
        private let state = Mutex<Set<PositionID>>([])

        func note(_ place: Place?) {
            if let place { state.withLock { _ = $0.insert(place.position.id) } }
        }

        var positions: Set<PositionID> { state.withLock { $0 } }
    }

    init(seed: UInt64) throws {
        fixture = try Fixture()
        random = SeededGenerator(seed: seed)
        fixture.compactionSize = seed % 3 == 0 ? 3_000 : 1 << 30
    }

    mutating func run() async throws {
        for _ in 0..<Int.random(in: 1...3, using: &random) { try await live() }
    }

    /// From a start to a crash.
    private mutating func live() async throws {
        let opened = try fixture.open()
        let store = fixture.store(opened)
        try await store.configure([settings()])
        await compare(store)
        if Int.random(in: 0..<3, using: &random) > 0 {
            fixture.files.die(atChange: Int.random(in: 1...40, using: &random))
        }
        for _ in 0..<Int.random(in: 2...6, using: &random) {
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<Self.callers {
                    var own = SeededGenerator(seed: random.next())
                    let promised = promised
                    let fixture = fixture
                    group.addTask { await Self.call(store, fixture, promised, &own) }
                }
            }
            await compare(store)
        }
        crash()
    }

    /// Some steps of one caller; a store that has died refuses them.
    private static func call(
        _ store: MemoryStore, _ fixture: Fixture, _ promised: Promised, _ random: inout SeededGenerator
    ) async {
        let room = fixture.room
        for _ in 0..<3 {
            let number = UInt64.random(in: 1...25, using: &random)
            let id = Fixture.id(number)
            do {
                switch Int.random(in: 0..<29, using: &random) {
                case 0...4:
                    var arrival = Fixture.arrival(number)
                    arrival.priority = number % 5 == 0 ? 1 : 0
                    if number % 7 == 0 { arrival.pass = .some(of: number) }
                    promised.note(try await store.arrive(arrival, in: room).place)
                case 5: promised.note(try await store.enqueue(Fixture.arrival(number), in: room).place)
                case 6: promised.note(try await store.leave(id, in: room))
                case 7...8: _ = try await store.admit(in: room)
                case 9: _ = try await store.clean(in: room)
                case 10...11:
                    let seen = SessionActivity(session: SessionID(of: id), position: id, pageViews: 1, client: nil)
                    _ = try await store.record(
                        Activity(heartbeats: [Fixture.id(number + 1)], sessions: [seen]), in: room)
                case 12:
                    _ = try await store.end(SessionID(of: id), as: number % 2 == 0 ? .completed : .terminated, in: room)
                case 15...16: _ = try await store.comeBack(id, mayAdmit: number % 2 == 0, in: room)
                case 13: try await store.configure([.random(for: room, using: &random)])
                case 27...28:
                    let code = HandoverDigest(bits: UUIDBits(high: 7, low: number))
                    _ = try await store.offer(id, under: code, in: room)
                    // At times into the id of somebody who is known.
                    let heir = UInt64.random(in: 1...60, using: &random)
                    _ = try await store.takeOver(with: code, as: Fixture.id(heir), in: room)
                case 14:
                    if case .place(let place) = try await store.present(.some(of: number), for: id, in: room) {
                        promised.note(place)
                    }
                case 17...19: try await Self.operate(store, id, number, in: room, using: &random)
                default:
                    let jump = Int.random(in: 0..<12, using: &random) == 0
                    let span: ClosedRange<Int64> = jump ? -90_000...90_000 : 0...900
                    fixture.clock.advance(by: Milliseconds(Int64.random(in: span, using: &random)))
                }
            } catch {
                return
            }
        }
    }

    /// What an operator does.
    private static func operate(
        _ store: some QueueStore, _ id: PositionID, _ number: UInt64, in room: RoomID,
        using random: inout SeededGenerator
    ) async throws {
        guard let actor = OperatorName("night") else { return }
        switch Int.random(in: 0..<8, using: &random) {
        case 0...1: _ = try await store.override(.random(using: &random), by: actor, in: room)
        case 2...3: _ = try await store.admitNow(Int(number % 4), by: actor, in: room)
        case 4: _ = try await store.move(id, to: .front, by: actor, in: room)
        case 5: _ = try await store.move(id, to: .priority(Int(number % 3)), by: actor, in: room)
        case 6: _ = try await store.terminate(id, by: actor, in: room)
        default:
            if number % 6 == 0 {
                let scope = DrainScope.allCases[Int(number / 6 % 3)]
                _ = try await store.drain(scope, until: number, by: actor, in: room)
            }
        }
    }

    private mutating func settings() -> RoomSettings { .random(for: fixture.room, using: &random) }

    /// Leaves the files as a dead process would, and reads from them what was recorded.
    private mutating func crash() {
        fixture.files = fixture.files.afterCrash()
        for event in fixture.observed.events { record(event) }
        for (path, bytes) in fixture.files.contents where path.contains("journal-") {
            var reader = RecordReader()
            // A record without its line feed is torn, however little is missing.
            let whole = bytes.prefix((bytes.lastIndex(of: UInt8(ascii: "\n")) ?? -1) + 1)
            for line in whole.split(separator: UInt8(ascii: "\n")) where reader.read(line) {
                if case .event(let event)? = try? reader.record() { record(event) }
            }
        }
    }

    private mutating func record(_ event: RoomEvent) {
        let known = events.updateValue(event, forKey: event.sequence)
        if let known, known != event { findings.append("event \(event.sequence) was changed by a crash") }
    }

    /// The store against a sorted array. Nobody else calls it now.
    private mutating func compare(_ store: MemoryStore) async {
        let ids = (1...60).map { Fixture.id($0) }
        guard let places = try? await store.places(of: ids, in: fixture.room),
            let facts = try? await store.facts(of: fixture.room)
        else { return }
        for event in fixture.observed.events { record(event) }
        let naive = NaiveRoom(events.values.sorted { $0.sequence < $1.sequence })
        for (id, place) in zip(ids, places) where place?.position.status != naive.statuses[id] {
            // A final state may be forgotten, ten minutes later at the soonest.
            if place == nil, naive.statuses[id]?.isFinal == true { continue }
            findings.append("\(id) is \(String(describing: place)), not \(String(describing: naive.statuses[id]))")
        }
        for (id, place) in zip(ids, places) where place != nil && place?.rank != naive.rank(of: id) {
            findings.append("\(id) has rank \(place?.rank ?? -1), not \(naive.rank(of: id))")
        }
        if facts.waiting != naive.waiting || facts.admitted + facts.activeSessions != naive.slotsInUse {
            findings.append("the facts are wrong: \(facts)")
        }
    }

    func problems() -> [String] {
        var checker = HistoryChecker()
        for event in events.values.sorted(by: { $0.sequence < $1.sequence }) { checker.observe(event) }
        checker.requireKnown(promised.positions, in: fixture.room)
        return findings + checker.violations.map(\.description)
    }
}

extension ArrivalOutcome {
    fileprivate var place: Place? {
        switch self {
        case .waiting(let place), .admitted(let place), .ended(let place), .taken(let place): place
        case .full, .crowded, .closed, .refused: nil
        }
    }
}
