import Testing

@testable import WaitingRoom

struct DrawTests {
    private static func hex(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    @Test(
        "SHA-256 is that of FIPS 180-4",
        arguments: [
            ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (
                "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
            ),
            (
                String(repeating: "a", count: 1_000),
                "41edece42d63e8d9bf515a9ba6932e1c20cbc9f5a5d134645adb5db1b9737ea3"
            ),
        ])
    func sha256(text: String, expected: String) {
        #expect(Self.hex(SHA256.digest(text.utf8)) == expected)
    }

    /// By `openssl dgst -sha256 -mac HMAC -macopt hexkey:…`.
    @Test("A key is the first 64 bits of HMAC-SHA256, and the commitment SHA-256 of the seed")
    func vector() throws {
        let seed = try #require(
            DrawSeed(hex: "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"))
        #expect(
            "\(seed.commitment)" == "630dcd2966c4336691125448bbb25b4ff412a49c732db2c8abc1b8581bd710dd")
        let id = try #require(PositionID("52807be4-d68b-4ddc-b2fe-f3558fdc198a"))
        #expect(
            Self.hex(seed.keys.code(id.description.utf8))
                == "77ec7d6c8db908cd6e24c383899e84c985cc75f0e07605c257bfc71cbc8e0fba")
        #expect(seed.keys.key(of: id) == 0x77ec_7d6c_8db9_08cd)
        #expect(DrawSeed(hex: seed.hex.uppercased()) == seed)
        #expect(DrawSeed(hex: "00") == nil)
    }

    /// Six positions have 720 orders. Over 10,000 seeds each comes 13.9 times; chi-squared with 719 degrees of freedom is
    /// below 862 with a probability of 0.9998.
    @Test("Every order of those who are drawn is as likely as any other: chi-squared over 10,000 draws")
    func isUniform() {
        var generator = SeededGenerator(seed: 42)
        let ids = (0..<6).map { _ in PositionID(using: &generator) }
        var counts: [[Int]: Int] = [:]
        for _ in 0..<10_000 {
            let keys = DrawSeed(using: &generator).keys
            let drawn = ids.map { keys.key(of: $0) }
            counts[ids.indices.sorted { drawn[$0] < drawn[$1] }, default: 0] += 1
        }
        #expect(counts.count == 720)
        let expected = 10_000.0 / 720
        let chiSquared = counts.values.reduce(0) { $0 + (Double($1) - expected) * (Double($1) - expected) / expected }
        #expect(chiSquared < 862 && chiSquared > 590, "\(chiSquared)")
    }

    @Test(
        "The draw is an event with its commitment and seed, the opening one with the seed and the last who takes part")
    func events() throws {
        var scene = try Scene { $0.opening = Opening(at: Timestamp(milliseconds: 1_060_000), preQueue: .seconds(30)) }
        scene.now += 30_000
        scene.admit()
        guard case .drawStarted(let start)? = scene.events.last?.change else {
            Issue.record("no draw has started")
            return
        }
        #expect(start.seed?.commitment == start.commitment)
        #expect(start.lastJoin == 0)
        scene.arrive(1)
        scene.arrive(2)
        #expect(scene.rank(1) == 0)
        scene.now += 30_000
        scene.arrive(3)
        let revealed = scene.events.compactMap { event in
            if case .drawRevealed(let end) = event.change { end } else { nil }
        }
        #expect(revealed == [DrawEnd(seed: try #require(start.seed), lastJoin: 2)])
        #expect(scene.rank(3) == 3)
        let admitted = scene.admit()
        #expect(admitted == 2)
        #expect(scene.rank(3) == 1)
    }

    @Test("A room is replayed and restored with its draw, before the opening and after")
    func replay() throws {
        var scene = try Scene {
            $0.opening = Opening(at: Timestamp(milliseconds: 1_030_000), preQueue: .seconds(30))
            $0.shuffleWindow = .minutes(30)
        }
        for number in 1...9 as ClosedRange<UInt64> { scene.arrive(number) }
        for _ in 0..<2 {
            var restored = Room(restoring: scene.room.image)
            var isRestored = true
            scene.room.forEachPosition { isRestored = restored.restore($0) && isRestored }
            #expect(isRestored)
            for room in [try scene.replayed(), restored] {
                #expect(room.draw == scene.room.draw)
                for number in 1...9 as ClosedRange<UInt64> {
                    #expect(room.place(of: Scene.id(number)) == scene.room.place(of: Scene.id(number)))
                }
            }
            scene.now += 30_000
            scene.admit()
        }
        // A shuffle window does not reach back before the opening.
        scene.arrive(10)
        #expect(scene.rank(10) == scene.room.waiting)
    }

    @Test("A history whose seed is not that of the commitment is not replayed")
    func forged() throws {
        var scene = try Scene { $0.opening = Opening(at: Timestamp(milliseconds: 1_030_000), preQueue: .seconds(30)) }
        scene.arrive(1)
        var generator = SeededGenerator(seed: 1)
        let other = DrawSeed(using: &generator)
        var room = try #require(scene.events.first.flatMap { Room(replaying: $0) })
        guard case .drawStarted(var start) = scene.events[1].change else {
            Issue.record("no draw has started")
            return
        }
        start.seed = other
        #expect(throws: InvalidEvent.self) {
            try room.replay(
                RoomEvent(sequence: 2, time: scene.events[1].time, room: room.id, change: .drawStarted(start)))
        }
        try room.replay(scene.events[1])
        #expect(throws: InvalidEvent.self) {
            try room.replay(
                RoomEvent(
                    sequence: 3, time: scene.events[1].time, room: room.id,
                    change: .drawRevealed(DrawEnd(seed: other, lastJoin: 0))))
        }
    }
}
