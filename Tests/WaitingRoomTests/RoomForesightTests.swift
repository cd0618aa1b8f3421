import Testing

@testable import WaitingRoom

struct RoomForesightTests {
    /// What happened to a hundred positions of which each gives signs of life until a moment of its own.
    private func statuses(foreseen: Bool) throws -> [[PositionStatus?]] {
        var scene = try Scene { settings in
            settings.maxActiveUsers = 20
            settings.sessionTimeout = .seconds(45)
        }
        let start = scene.now
        let last = (0...100 as ClosedRange<UInt64>).map { start + Int64($0 * 37 % 30) * 10_000 }
        for number in 1...100 as ClosedRange<UInt64> {
            scene.arrive(number)
            if scene.status(number) == .admitted { scene.visit(number) }
            if foreseen {
                scene.room.expectSigns(of: Scene.id(number), until: Timestamp(milliseconds: last[Int(number)]))
            }
        }
        var found: [[PositionStatus?]] = []
        while scene.now < start + 400_000 {
            scene.now += 10_000
            if !foreseen {
                for number in 1...100 as ClosedRange<UInt64> where last[Int(number)] >= scene.now {
                    scene.heartbeat(number)
                    if scene.status(number) == .active { scene.visit(number) }
                }
            }
            scene.clean()
            found.append((1...100 as ClosedRange<UInt64>).map { scene.status($0) })
        }
        return found
    }

    @Test("Signs of life that are told beforehand count as those that are given one by one")
    func sameAsHeartbeats() throws {
        let real = try statuses(foreseen: false)
        #expect(try statuses(foreseen: true) == real)
        #expect(Set(real.joined().compactMap(\.self)).isSuperset(of: [.waiting, .active, .expired]))
    }

    @Test("What is over, or not used yet, is not kept alive")
    func others() throws {
        var scene = try Scene()
        scene.arrive(1)
        scene.arrive(2)
        scene.leave(2)
        for number in 1...2 as ClosedRange<UInt64> {
            scene.room.expectSigns(of: Scene.id(number), until: Timestamp(milliseconds: scene.now + 10_000_000))
        }
        scene.now += 61_000
        scene.clean()
        #expect(scene.status(1) == .expired)
        #expect(scene.status(2) == .left)
    }
}
