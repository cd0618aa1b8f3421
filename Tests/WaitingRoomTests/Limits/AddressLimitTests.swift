import Testing
import WaitingRoom

@testable import WaitingRoom

@Suite("max_positions_per_address")
struct AddressLimitTests {
    private static let house = AddressDigest(0x12)
    private static let office = AddressDigest(0xff_ffff_ffff)

    @Test("Digests have ten hexadecimal digits")
    func digests() {
        #expect(Self.house.description == "0000000012")
        for digest in [Self.house, Self.office, AddressDigest(.max)] {
            #expect(AddressDigest(digest.description) == digest)
        }
        for text in ["", "12", "00000000012", "000000001g", "+000000012", "00000000FF"] {
            #expect(AddressDigest(text) == nil)
        }
    }

    @Test("An address gets so many places in line, others and those without one get theirs")
    func limit() throws {
        var scene = try Scene { ($0.maxActiveUsers, $0.maxPositionsPerAddress) = (0, 2) }
        for number in 1...2 as ClosedRange<UInt64> { #expect(scene.join(number, of: Self.house) != .crowded) }
        let events = scene.events
        #expect(scene.join(3, of: Self.house) == .crowded)
        #expect(scene.events == events)
        #expect(scene.join(4, of: Self.office) != .crowded)
        for number in 5...9 as ClosedRange<UInt64> { #expect(scene.join(number, of: nil) != .crowded) }
        #expect(scene.room.waiting == 8)
    }

    @Test("Who has a place is found, however many the address holds")
    func known() throws {
        var scene = try Scene { ($0.maxActiveUsers, $0.maxPositionsPerAddress) = (0, 1) }
        let first = scene.join(1, of: Self.house)
        #expect(scene.join(1, of: Self.house) == first)
    }

    @Test("Leaving, silence and admission each free a place for the address")
    func release() throws {
        var scene = try Scene { ($0.maxActiveUsers, $0.maxPositionsPerAddress) = (0, 1) }
        scene.join(1, of: Self.house)
        #expect(scene.join(2, of: Self.house) == .crowded)
        scene.leave(1)
        #expect(scene.join(2, of: Self.house) != .crowded)
        scene.now += 60_000
        scene.clean()
        #expect(scene.join(3, of: Self.house) != .crowded)
        scene.update { $0.maxActiveUsers = 1 }
        #expect(scene.admit() == 1)
        #expect(scene.join(4, of: Self.house) != .crowded)
        #expect(scene.join(5, of: Self.house) == .crowded)
        // What the admitted one does now concerns no place in line.
        scene.visit(3)
        scene.end(3, as: .completed)
        #expect(scene.join(5, of: Self.house) == .crowded)
        #expect(scene.room.addresses[Self.house] == 1)
    }

    @Test("Whoever is let in at once holds no place in line, and is let in whatever the address holds")
    func direct() throws {
        var scene = try Scene { ($0.maxActiveUsers, $0.maxPositionsPerAddress) = (2, 1) }
        for number in 1...2 as ClosedRange<UInt64> {
            guard case .admitted = scene.arrive(number, of: Self.house) else {
                Issue.record("not let in")
                return
            }
        }
        #expect(scene.arrive(3, of: Self.house) != .crowded)
        #expect(scene.arrive(4, of: Self.house) == .crowded)
    }

    @Test("With 0 nothing is counted; switched on, it counts those who join from then on")
    func off() throws {
        var scene = try Scene { ($0.maxActiveUsers, $0.maxPositionsPerAddress) = (0, 0) }
        for number in 1...5 as ClosedRange<UInt64> { scene.join(number, of: Self.house) }
        #expect(scene.room.addresses[Self.house] == 0)
        scene.update { $0.maxPositionsPerAddress = 1 }
        #expect(scene.join(6, of: Self.house) != .crowded)
        #expect(scene.join(7, of: Self.house) == .crowded)
        scene.leave(1)
        #expect(scene.join(7, of: Self.house) == .crowded)
    }

    @Test("A limit that is lowered takes no place away")
    func lowered() throws {
        var scene = try Scene { ($0.maxActiveUsers, $0.maxPositionsPerAddress) = (0, 3) }
        for number in 1...3 as ClosedRange<UInt64> { scene.join(number, of: Self.house) }
        scene.update { $0.maxPositionsPerAddress = 1 }
        #expect(scene.room.waiting == 3)
        scene.leave(1)
        scene.leave(2)
        #expect(scene.join(4, of: Self.house) == .crowded)
        scene.leave(3)
        #expect(scene.join(4, of: Self.house) != .crowded)
    }

    @Test("Replayed events and a snapshot bring the counts back")
    func durable() throws {
        var scene = try Scene { ($0.maxActiveUsers, $0.maxPositionsPerAddress) = (1, 2) }
        for number in 1...4 as ClosedRange<UInt64> { scene.arrive(number, of: Self.house) }
        scene.leave(2)
        scene.arrive(5, of: Self.office)
        let counts = (scene.room.addresses[Self.house], scene.room.addresses[Self.office])
        #expect(counts == (1, 1))
        let replayed = try scene.replayed()
        #expect((replayed.addresses[Self.house], replayed.addresses[Self.office]) == counts)
        var restored = Room(restoring: scene.room.image)
        scene.room.forEachPosition { image in
            let isSound = restored.restore(image)
            #expect(isSound)
        }
        #expect((restored.addresses[Self.house], restored.addresses[Self.office]) == counts)
        scene.room = restored
        scene.leave(3)
        #expect(scene.room.addresses[Self.house] == 0)
    }
}

extension Scene {
    /// Never admitted at once.
    @discardableResult
    fileprivate mutating func join(_ number: UInt64, of address: AddressDigest?) -> JoinOutcome {
        enqueue(JoinRequest(id: Self.id(number), addressDigest: address))
    }

    @discardableResult
    fileprivate mutating func arrive(_ number: UInt64, of address: AddressDigest) -> JoinOutcome {
        arrive(JoinRequest(id: Self.id(number), addressDigest: address))
    }
}
