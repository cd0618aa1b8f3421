import Testing
import WaitingRoom

struct RoomReplayTests {
    /// Some of everything.
    private static func lived(seed: UInt64) throws -> Scene {
        var random = SeededGenerator(seed: seed)
        var scene = try Scene {
            $0.maxActiveUsers = 6
            $0.queueRate = Rate(count: 7, per: .seconds(2))
            $0.shuffleWindow = Milliseconds(seed % 2 == 0 ? 0 : 3_000)
        }
        for _ in 0..<400 {
            let number = UInt64.random(in: 1...60, using: &random)
            switch Int.random(in: 0..<11, using: &random) {
            case 0...2: scene.arrive(number, priority: Int(number % 3))
            case 3: scene.leave(number)
            case 4...5: scene.visit(number)
            case 6: scene.end(number, as: Bool.random(using: &random) ? .completed : .terminated)
            case 7: scene.clean()
            case 8: scene.admit()
            case 9: scene.handOver(number, to: UInt64.random(in: 1...60, using: &random))
            default:
                scene.update { settings in
                    settings.maxActiveUsers = Int.random(in: 2...10, using: &random)
                    settings.queueRate.count = Int64.random(in: 0...9, using: &random)
                }
            }
            scene.now += Int64.random(in: -200...2_000, using: &random)
        }
        return scene
    }

    /// All that may be asked of a room, but for soft facts.
    private static func answers(_ room: Room) -> [String] {
        var answers = [
            "\(room.image.settings) \(room.eventSequence) \(room.image.joinSequence) \(room.totals)",
            "\(room.waiting) \(room.admitted) \(room.activeSessions) \(room.createdAt) \(room.updatedAt)",
            "\(room.image.windowEpoch) \(room.image.bucketFill) \(room.image.bucketTime)",
        ]
        for number in 1...60 as ClosedRange<UInt64> {
            var place = room.place(of: Scene.id(number))
            if let ended = place?.position.status.isFinal, !ended {
                place?.position.expiresAt = Timestamp(milliseconds: 0)
            }
            answers.append("\(number): \(String(describing: place))")
            answers.append("\(String(describing: room.session(Scene.session(number))?.startedAt))")
        }
        answers += room.sessionsEnded(since: Timestamp(milliseconds: 0)).map(\.description).sorted()
        return answers
    }

    @Test("The events of a room replay to the same room", arguments: 0..<40)
    func replay(seed: UInt64) throws {
        let scene = try Self.lived(seed: seed)
        #expect(Self.answers(try scene.replayed()) == Self.answers(scene.room))
    }

    @Test("A room comes back from its image as it was", arguments: 0..<40)
    func image(seed: UInt64) throws {
        let scene = try Self.lived(seed: seed)
        var restored = Room(restoring: scene.room.image)
        var isWhole = true
        scene.room.forEachPosition { isWhole = restored.restore($0) && isWhole }
        #expect(isWhole)
        #expect(Self.answers(restored) == Self.answers(scene.room))
    }

    @Test("After a replay the soft clocks start afresh: nobody is expired for the time that the gate was down")
    func freshClocks() throws {
        var scene = try Scene()
        scene.arrive(1)
        scene.arrive(2)
        scene.visit(2)
        for number in 3...50 as ClosedRange<UInt64> { scene.enqueue(number) }
        scene.now += 3_600_000
        scene.room = try scene.replayed()
        scene.room.recover(at: scene.time)
        var counts = scene.clean()
        #expect(counts == CleaningCounts())
        scene.now += 59_999
        #expect(scene.clean() == CleaningCounts())
        scene.now += 1
        counts = scene.clean()
        #expect(counts.positionsExpired == 48)
        #expect(counts.admissionsExpired == 1)
        scene.now += 540_000
        #expect(scene.clean().sessionsExpired == 1)
    }

    @Test("A replay gives no rate token back")
    func bucketAfterReplay() throws {
        var scene = try Scene {
            $0.maxActiveUsers = 100
            $0.queueRate = Rate(count: 5, per: .seconds(1))
        }
        for number in 1...20 as ClosedRange<UInt64> { scene.enqueue(number) }
        #expect(scene.admit() == 5)
        scene.room = try scene.replayed()
        scene.room.recover(at: scene.time)
        #expect(scene.admit() == 0)
        scene.now += 200
        #expect(scene.admit() == 1)
    }

    @Test("An event that cannot follow is refused and changes nothing")
    func impossibleEvents() throws {
        var scene = try Scene { $0.maxActiveUsers = 1 }
        scene.arrive(1)
        scene.enqueue(2)
        let other = try #require(RoomID("other"))
        let sequence = scene.room.eventSequence + 1
        let time = scene.time
        func event(_ change: RoomEvent.Change, sequence: UInt64, room: RoomID) -> RoomEvent {
            RoomEvent(sequence: sequence, time: time, room: room, change: change)
        }
        let left = RoomEvent.Change.positionLeft(Scene.id(2))
        let impossible = [
            event(left, sequence: sequence + 1, room: scene.room.id),
            event(left, sequence: sequence - 1, room: scene.room.id),
            event(left, sequence: sequence, room: other),
            event(.positionLeft(Scene.id(3)), sequence: sequence, room: scene.room.id),
            event(.positionAdmitted(Scene.id(1), expiresAt: time), sequence: sequence, room: scene.room.id),
            event(.sessionExpired(Scene.session(1)), sequence: sequence, room: scene.room.id),
            event(.sessionCompleted(Scene.session(2)), sequence: sequence, room: scene.room.id),
            event(.roomUpdated(RoomSettings(id: other)), sequence: sequence, room: scene.room.id),
        ]
        let before = Self.answers(scene.room)
        for event in impossible {
            #expect(throws: InvalidEvent.self) { try scene.room.replay(event) }
            #expect(Self.answers(scene.room) == before)
        }
        #expect(throws: Never.self) { try scene.room.replay(event(left, sequence: sequence, room: scene.room.id)) }
    }
}
