import Testing

@testable import WaitingRoom

struct OverrideTests {
    @Test("What an operator sets goes over the file, which may change beneath it, and comes back when it is taken away")
    func layers() throws {
        var scene = try Scene { $0.maxActiveUsers = 3 }
        try scene.override(RoomOverrides(status: .paused, maxActiveUsers: 7))
        #expect(scene.room.settings.status == .paused && scene.room.settings.maxActiveUsers == 7)
        #expect(scene.room.configured.status == .active && scene.room.configured.maxActiveUsers == 3)
        #expect(scene.room.overrides?.setBy == (try Scene.operatorName()))
        #expect(scene.room.overrides?.setAt == scene.time)
        scene.now += 1_000
        scene.update {
            $0.maxActiveUsers = 5
            $0.heartbeatTimeout = .seconds(7)
        }
        #expect(scene.room.settings.maxActiveUsers == 7 && scene.room.settings.heartbeatTimeout == .seconds(7))
        try scene.override(RoomOverrides())
        #expect(scene.room.overrides == nil)
        #expect(scene.room.settings == scene.room.configured && scene.room.settings.maxActiveUsers == 5)
        #expect(scene.events.map(\.change.isOverride) == [false, true, false, true])
    }

    @Test("The same overrides again are no event, and neither is nothing where there was nothing")
    func repeated() throws {
        var scene = try Scene()
        try scene.override(RoomOverrides())
        try scene.override(RoomOverrides(queueRate: Rate(count: 1, per: .seconds(2))))
        let count = scene.events.count
        try scene.override(RoomOverrides(queueRate: Rate(count: 1, per: .seconds(2))))
        scene.update { _ in }
        #expect(count == 2 && scene.events.count == 2)
    }

    @Test("Limits that an operator set bind admissions: status, slots and rate")
    func binding() throws {
        var scene = try Scene { $0.maxActiveUsers = 100 }
        for number in 1...50 as ClosedRange<UInt64> { scene.enqueue(number) }
        try scene.override(RoomOverrides(status: .paused))
        #expect(scene.admit() == 0)
        try scene.override(RoomOverrides(queueRate: Rate(count: 2, per: .seconds(1))))
        #expect(scene.admit() == 2)
        scene.now += 1_000
        #expect(scene.admit() == 2)
        try scene.override(RoomOverrides(maxActiveUsers: 5))
        scene.now += 1_000
        #expect(scene.admit() == 1)
    }

    @Test("A replay and a snapshot bring overrides back")
    func replayed() throws {
        var scene = try Scene()
        try scene.override(
            RoomOverrides(status: .maintenance, maxActiveUsers: 0, queueRate: Rate(count: 0, per: .seconds(1))))
        scene.update { $0.name = "another" }
        let replayed = try scene.replayed()
        for room in [replayed, Room(restoring: scene.room.image)] {
            #expect(room.settings == scene.room.settings && room.configured == scene.room.configured)
            #expect(room.overrides == scene.room.overrides && room.overrides != nil)
        }
    }

    @Test(
        "An operator's name is one word of 64 letters, digits, dots, underscores and hyphens",
        arguments: [
            ("a", true), ("Night.shift_2-b", true), (String(repeating: "x", count: 64), true), ("", false),
            (String(repeating: "x", count: 65), false), ("a b", false), ("é", false), ("a\n", false), ("a/b", false),
        ])
    func names(text: String, isValid: Bool) { #expect((OperatorName(text) != nil) == isValid) }
}

extension RoomEvent.Change {
    fileprivate var isOverride: Bool { if case .roomOverridden = self { true } else { false } }
}
