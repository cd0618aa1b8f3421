import QueueStore
import Testing
import WaitingRoom

/// Limits per address.
extension QueueStoreConformance {
    private static let house = AddressDigest(0x12_3456_789a)
    private static let office = AddressDigest(0xb)

    static let limitChecks: [QueueStoreConformance] = [
        check("An address gets so many places in line and no more, and one more for each that it gives up") { hall in
            try await hall.open(slots: 0) { $0.maxPositionsPerAddress = 2 }
            for number in 1...2 as ClosedRange<UInt64> {
                #expect(try await hall.arrive(number, of: house) != .crowded)
            }
            let sequence = try await hall.facts().eventSequence
            #expect(try await hall.arrive(3, of: house) == .crowded)
            #expect(try await hall.facts().eventSequence == sequence)
            #expect(try await hall.ranks(3...3) == [nil])
            #expect(try await hall.arrive(4, of: office) != .crowded)
            #expect(try await hall.arrive(5) != .crowded)
            // One leaves, one is let in, and the others fall silent.
            _ = try await hall.store.leave(hall.id(1), in: hall.room)
            #expect(try await hall.arrive(6, of: house) != .crowded)
            #expect(try await hall.arrive(7, of: house) == .crowded)
            try await hall.open(slots: 1) { $0.maxPositionsPerAddress = 2 }
            hall.clock.advance(by: .seconds(1))
            #expect(try await hall.store.admit(in: hall.room).admitted == 1)
            #expect(try await hall.arrive(7, of: house) != .crowded)
            #expect(try await hall.arrive(8, of: house) == .crowded)
            hall.clock.advance(by: .seconds(60))
            #expect(try await hall.store.clean(in: hall.room).positionsExpired == 4)
            for number in 8...9 as ClosedRange<UInt64> {
                #expect(try await hall.enqueue(number, of: house) != .crowded)
            }
            #expect(try await hall.enqueue(10, of: house) == .crowded)
        },
        check("The limit of an address holds when all its visitors come at once") { hall in
            try await hall.open(slots: 0) { $0.maxPositionsPerAddress = 50 }
            let outcomes = try await withThrowingTaskGroup(of: ArrivalOutcome.self) { group in
                for number in 1...300 as ClosedRange<UInt64> {
                    group.addTask { try await hall.arrive(number, of: number % 3 == 0 ? office : house) }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(outcomes.count { $0 == .crowded } == 200)
            #expect(try await hall.facts().waiting == 100)
        },
        check("A shuffled line counts places by address too") { hall in
            try await hall.open(slots: 0) {
                $0.maxPositionsPerAddress = 1
                $0.shuffleWindow = .seconds(10)
            }
            #expect(try await hall.arrive(1, of: house) != .crowded)
            #expect(try await hall.arrive(2, of: house) == .crowded)
            _ = try await hall.store.leave(hall.id(1), in: hall.room)
            #expect(try await hall.arrive(2, of: house) != .crowded)
            try await hall.open(slots: 1) {
                $0.maxPositionsPerAddress = 1
                $0.shuffleWindow = .seconds(10)
            }
            hall.clock.advance(by: .seconds(20))
            #expect(try await hall.store.admit(in: hall.room).admitted == 1)
            #expect(try await hall.arrive(3, of: house) != .crowded)
        },
        check("Places are counted only of those who join while there is a limit") { hall in
            try await hall.open(slots: 0) { $0.maxPositionsPerAddress = 0 }
            for number in 1...3 as ClosedRange<UInt64> {
                #expect(try await hall.arrive(number, of: house) != .crowded)
            }
            try await hall.open(slots: 0) { $0.maxPositionsPerAddress = 1 }
            #expect(try await hall.arrive(4, of: house) != .crowded)
            #expect(try await hall.arrive(5, of: house) == .crowded)
            _ = try await hall.store.leave(hall.id(1), in: hall.room)
            #expect(try await hall.arrive(5, of: house) == .crowded)
            try await hall.open(slots: 0) { $0.maxPositionsPerAddress = 0 }
            #expect(try await hall.arrive(5, of: house) != .crowded)
            _ = try await hall.store.leave(hall.id(4), in: hall.room)
            try await hall.open(slots: 0) { $0.maxPositionsPerAddress = 1 }
            #expect(try await hall.arrive(6, of: house) != .crowded)
            #expect(try await hall.arrive(7, of: house) == .crowded)
        },
        check("Calls of an address are counted as a sliced window counts them") { hall in
            try await hall.open(slots: 0)
            var random = SeededGenerator(seed: 11)
            for rate in [Rate(count: 3, per: .seconds(16)), Rate(count: 10, per: .minutes(1))] {
                var expected: [AddressDigest: SlicedWindow] = [:]
                for _ in 0..<300 {
                    let address = Bool.random(using: &random) ? house : office
                    let verdict = try await hall.store.countCall(from: address, under: rate, in: hall.room)
                    let wanted = expected[address, default: SlicedWindow(at: hall.clock.now, under: rate)]
                        .take(at: hall.clock.now, under: rate)
                    #expect(verdict == wanted)
                    let step = Int.random(in: 0..<30, using: &random)
                    let span: ClosedRange<Int64> = step == 0 ? -40_000...100_000 : step < 15 ? 0...10 : 0...4_000
                    hall.clock.advance(by: Milliseconds(Int64.random(in: span, using: &random)))
                }
            }
        },
        check("Of very many addresses some pass uncounted, and all are counted again when the calls are over") { hall in
            try await hall.open(slots: 0)
            let rate = Rate(count: 1, per: .seconds(16))
            // All of one part of the table.
            let addresses = (0..<200 as Range<UInt64>).map { AddressDigest($0 << 12) }
            var uncounted = 0
            for address in addresses {
                let verdict = try await hall.store.countCall(from: address, under: rate, in: hall.room)
                if verdict == .uncounted { uncounted += 1 } else { #expect(verdict.isPassed) }
            }
            #expect(uncounted > 0 && uncounted < 160)
            hall.clock.advance(by: .seconds(16))
            for address in addresses.suffix(10) {
                #expect(try await hall.store.countCall(from: address, under: rate, in: hall.room).isPassed)
            }
        },
    ]
}

extension QueueStoreConformance.Hall {
    fileprivate func enqueue(_ number: UInt64, of address: AddressDigest) async throws -> ArrivalOutcome {
        try await store.enqueue(Arrival(id: id(number), client: client, addressDigest: address), in: room)
    }
}

extension RateVerdict {
    fileprivate var isPassed: Bool { if case .passed = self { true } else { false } }
}
