import HistoryChecker
import Testing
import WaitingRoom

/// Doctored histories: each breaks one invariant, as a room without that check would have.
struct HistoryCheckerTests {
    /// Writes a history by hand.
    private struct Pen {
        var events: [RoomEvent] = []
        var now: Int64 = 1_000_000
        private var joins: UInt64 = 0
        let room: RoomID
        private(set) var settings: RoomSettings

        init(_ change: (inout RoomSettings) -> Void = { _ in }) throws {
            room = try #require(RoomID("hall"))
            settings = RoomSettings(id: room, maxActiveUsers: 2, queueRate: Rate(count: 2, per: .seconds(1)))
            change(&settings)
            write(.roomUpdated(settings))
        }

        mutating func write(_ change: RoomEvent.Change) {
            events.append(
                RoomEvent(
                    sequence: UInt64(events.count) + 1, time: Timestamp(milliseconds: now), room: room, change: change))
        }

        mutating func update(_ change: (inout RoomSettings) -> Void) {
            change(&settings)
            write(.roomUpdated(settings))
        }

        mutating func join(_ number: UInt64, priority: Int = 0, key: UInt64 = 0, of address: AddressDigest? = nil) {
            joins += 1
            let time = Timestamp(milliseconds: now)
            write(
                .positionEnqueued(
                    QueuePosition(
                        id: id(number), queueID: room, sequence: joins, priority: priority, enqueuedAt: time,
                        addressDigest: address, status: .waiting, expiresAt: time), shuffleKey: key))
        }

        /// Comes back with the position that follows from this one.
        mutating func comeBack(_ number: UInt64, priority: Int = 0) throws {
            joins += 1
            let time = Timestamp(milliseconds: now)
            write(
                .positionEnqueued(
                    QueuePosition(
                        id: try returned(number), queueID: room, sequence: joins, priority: priority, enqueuedAt: time,
                        status: .waiting, expiresAt: time), shuffleKey: 0))
        }

        func returned(_ number: UInt64) throws -> PositionID { try #require(PositionID(returningFrom: id(number))) }

        mutating func admit(_ number: UInt64) {
            write(.positionAdmitted(id(number), expiresAt: Timestamp(milliseconds: now)))
        }

        mutating func start(_ number: UInt64) {
            let time = Timestamp(milliseconds: now)
            write(
                .sessionStarted(
                    Session(
                        id: SessionID(of: id(number)), queueID: room, positionID: id(number), userID: nil,
                        client: Client(address: "", userAgent: ""), startedAt: time, expiresAt: time, lastSeen: time,
                        pageViews: 1, status: .active)))
        }

        func id(_ number: UInt64) -> PositionID { PositionID(bits: UUIDBits(high: 0, low: number)) }

        var rules: [Violation.Rule] { HistoryChecker.violations(in: events).map(\.rule) }
    }

    @Test("A sound history has no violations")
    func sound() throws {
        var pen = try Pen()
        pen.join(1)
        pen.admit(1)
        pen.join(2)
        pen.join(3, priority: 1)
        pen.admit(3)
        pen.start(1)
        pen.write(.sessionCompleted(SessionID(of: pen.id(1))))
        pen.now += 500
        pen.admit(2)
        pen.write(.positionLeft(pen.id(2)))
        pen.write(.positionExpired(pen.id(3)))
        #expect(pen.rules == [])
    }

    @Test("A place that moves to another device is there once, in its turn")
    func handedOver() throws {
        var pen = try Pen { $0.queueRate.count = 100 }
        for number in 1...3 as ClosedRange<UInt64> { pen.join(number) }
        pen.write(.positionHandedOver(pen.id(1), to: pen.id(11)))
        let sound = pen
        pen.admit(11)
        pen.write(.positionHandedOver(pen.id(11), to: pen.id(12)))
        pen.start(12)
        pen.admit(2)
        #expect(pen.rules == [])
        // Neither in line nor with the slot is the old one there any more.
        pen.write(.positionLeft(pen.id(1)))
        pen.write(.sessionCompleted(SessionID(of: pen.id(11))))
        #expect(pen.rules == [.state, .state])

        pen = sound
        pen.admit(2)
        #expect(pen.rules == [.order])

        pen = sound
        pen.write(.positionHandedOver(pen.id(1), to: pen.id(14)))
        pen.write(.positionHandedOver(pen.id(2), to: pen.id(3)))
        #expect(pen.rules == [.state, .state])

        pen = sound
        pen.admit(11)
        pen.start(11)
        pen.write(.positionHandedOver(pen.id(11), to: pen.id(15)))
        #expect(pen.rules == [.state])

        pen = sound
        let returned = try pen.returned(9)
        pen.write(.positionHandedOver(pen.id(2), to: returned))
        #expect(pen.rules == [.order])
    }

    @Test("Who missed the turn goes before those who joined earlier, and only such a one")
    func missedTurns() throws {
        var pen = try Pen { $0.queueRate.count = 100 }
        pen.join(1)
        pen.join(2)
        pen.admit(1)
        pen.write(.positionExpired(pen.id(1)))
        pen.join(3)
        try pen.comeBack(1)
        pen.write(.positionAdmitted(try pen.returned(1), expiresAt: Timestamp(milliseconds: pen.now)))
        #expect(pen.rules == [])
        let sound = pen
        pen.write(.positionExpired(try pen.returned(1)))
        pen.now += 600_000
        try pen.comeBack(1)
        #expect(pen.rules == [.order])

        pen = sound
        pen.write(.positionLeft(pen.id(2)))
        try pen.comeBack(2)
        #expect(pen.rules == [.order])

        pen = sound
        pen.admit(2)
        pen.write(.positionExpired(pen.id(2)))
        pen.now += 300_001
        try pen.comeBack(2)
        #expect(pen.rules == [.order])
    }

    @Test("A use of a pass more than it has is found, and one after its time")
    func passes() throws {
        var pen = try Pen()
        let pass = Pass(
            id: PassID(bits: UUIDBits(high: 0, low: 1)), priority: 5, uses: 2,
            expiresAt: Timestamp(milliseconds: pen.now + 10))
        for number in 1...4 as ClosedRange<UInt64> { pen.join(number) }
        pen.write(.passUsed(pass, by: pen.id(3)))
        pen.write(.passUsed(pass, by: pen.id(2)))
        #expect(pen.rules == [])
        var late = pen
        pen.write(.passUsed(pass, by: pen.id(4)))
        #expect(pen.rules == [.state])
        late.now += 10
        late.write(.passUsed(Pass(id: pass.id, priority: 5, uses: 3, expiresAt: pass.expiresAt), by: late.id(4)))
        #expect(late.rules == [.state])
    }

    @Test(
        "Who is admitted on an operator's word counts outside the rate, within the slots, and only as many as granted")
    func granted() throws {
        let actor = try #require(OperatorName("night"))
        var pen = try Pen()
        for number in 1...9 as ClosedRange<UInt64> { pen.join(number) }
        pen.write(
            .roomOverridden(
                RoomOverrides(status: .paused, maxActiveUsers: 3, queueRate: Rate(count: 0, per: .seconds(1))),
                by: actor))
        let paused = pen
        pen.write(.admissionGranted(2, by: actor))
        pen.admit(1)
        pen.admit(2)
        #expect(pen.rules == [])
        var beyond = pen
        beyond.admit(3)
        #expect(Set(beyond.rules) == [.closed, .rate])
        pen.write(.admissionGranted(2, by: actor))
        pen.admit(3)
        var full = pen
        full.admit(4)
        #expect(full.rules == [.slots])
        pen = paused
        pen.write(.admissionGranted(2, by: actor))
        pen.now += 1
        pen.admit(1)
        #expect(Set(pen.rules) == [.closed, .rate])
        pen = paused
        pen.write(.roomOverridden(RoomOverrides(status: .maintenance), by: actor))
        pen.write(.admissionGranted(1, by: actor))
        pen.admit(1)
        #expect(pen.rules == [.closed])
    }

    @Test("Those whom an operator moved are admitted from where they were put, and ended ones not at all")
    func moved() throws {
        let actor = try #require(OperatorName("night"))
        var pen = try Pen {
            $0.maxActiveUsers = 9
            $0.queueRate = Rate(count: 100, per: .seconds(1))
        }
        for number in 1...5 as ClosedRange<UInt64> { pen.join(number) }
        pen.write(.positionMoved(pen.id(4), to: .front, by: actor))
        pen.write(.positionMoved(pen.id(1), to: .priority(3), by: actor))
        var early = pen
        early.admit(2)
        #expect(early.rules == [.order])
        pen.admit(4)
        pen.admit(2)
        pen.write(.positionTerminated(pen.id(3), by: actor))
        pen.admit(5)
        pen.admit(1)
        #expect(pen.rules == [])
        var twice = pen
        twice.write(.positionTerminated(twice.id(3), by: actor))
        #expect(twice.rules == [.state])
        pen.write(.positionMoved(pen.id(5), to: .front, by: actor))
        #expect(pen.rules == [.state])
    }

    @Test("Those whom passes moved up are admitted by join order within the new priority")
    func raised() throws {
        var pen = try Pen()
        let pass = Pass(
            id: PassID(bits: UUIDBits(high: 0, low: 1)), priority: 5, uses: 2,
            expiresAt: Timestamp(milliseconds: pen.now + 10_000))
        for number in 1...4 as ClosedRange<UInt64> { pen.join(number) }
        pen.write(.passUsed(pass, by: pen.id(3)))
        pen.write(.passUsed(pass, by: pen.id(2)))
        var wrong = pen
        pen.admit(2)
        pen.admit(3)
        #expect(pen.rules == [])
        wrong.admit(3)
        #expect(wrong.rules == [.order])
    }

    @Test("One admission more than there are slots is found")
    func slots() throws {
        var pen = try Pen { $0.queueRate.count = 100 }
        for number in 1...3 as ClosedRange<UInt64> { pen.join(number) }
        pen.admit(1)
        pen.admit(2)
        #expect(pen.rules == [])
        pen.admit(3)
        #expect(pen.rules == [.slots])
    }

    @Test("An admission above a lowered limit is found, though a slot was freed since")
    func loweredLimit() throws {
        var pen = try Pen { $0.queueRate.count = 100 }
        for number in 1...3 as ClosedRange<UInt64> { pen.join(number) }
        pen.admit(1)
        pen.admit(2)
        pen.update { $0.maxActiveUsers = 1 }
        pen.write(.positionLeft(pen.id(1)))
        pen.admit(3)
        #expect(pen.rules == [.slots])
    }

    @Test("A place more than an address may hold is found, and no place that it gave up")
    func address() throws {
        var pen = try Pen {
            $0.queueRate.count = 100
            $0.maxPositionsPerAddress = 2
        }
        let house = AddressDigest(1)
        for number in 1...2 as ClosedRange<UInt64> { pen.join(number, of: house) }
        pen.join(3, of: AddressDigest(2))
        pen.admit(1)
        pen.join(4, of: house)
        pen.write(.positionExpired(pen.id(2)))
        pen.join(5, of: house)
        #expect(pen.rules == [])
        pen.join(6, of: house)
        #expect(pen.rules == [.address])
    }

    @Test("One admission more than the rate and a tick's worth allow is found, at whatever distance")
    func rate() throws {
        var pen = try Pen { $0.maxActiveUsers = 100 }
        for number in 1...20 as ClosedRange<UInt64> { pen.join(number) }
        pen.admit(1)
        pen.admit(2)
        for number in 3...8 as ClosedRange<UInt64> {
            pen.now += 500
            pen.admit(number)
        }
        #expect(pen.rules == [])
        pen.now += 499
        pen.admit(9)
        #expect(pen.rules == [.rate])
    }

    @Test("A rate that is lowered counts from that moment on, exactly")
    func loweredRate() throws {
        var pen = try Pen { $0.maxActiveUsers = 100 }
        for number in 1...20 as ClosedRange<UInt64> { pen.join(number) }
        pen.admit(1)
        pen.admit(2)
        pen.now += 250
        pen.update { $0.queueRate = Rate(count: 7, per: .minutes(1)) }
        // Half an admission was filled; the other half takes 30/7 s.
        pen.now += 4_286
        pen.admit(3)
        #expect(pen.rules == [])
        pen.events.removeLast()
        pen.now -= 1
        pen.admit(3)
        #expect(pen.rules == [.rate])
    }

    @Test("Whoever is admitted before somebody of the same priority who joined earlier is found")
    func order() throws {
        var pen = try Pen()
        pen.join(1)
        pen.join(2)
        pen.admit(2)
        #expect(pen.rules == [.order])
    }

    @Test("Within a shuffle window the drawn keys are the order, and it must have closed")
    func shuffling() throws {
        var pen = try Pen { $0.shuffleWindow = .seconds(10) }
        pen.join(1, key: 9)
        pen.join(2, key: 4)
        var early = pen
        early.admit(2)
        #expect(early.rules == [.order])
        pen.now += 10_000
        var wrong = pen
        wrong.admit(1)
        #expect(wrong.rules == [.order])
        pen.admit(2)
        pen.admit(1)
        #expect(pen.rules == [])
    }

    @Test("A position that is admitted twice, joins twice or leaves twice is found")
    func twice() throws {
        var pen = try Pen()
        pen.join(1)
        pen.admit(1)
        var again = pen
        again.admit(1)
        #expect(again.rules == [.state])
        var joining = pen
        joining.join(1)
        #expect(joining.rules == [.state])
        pen.write(.positionLeft(pen.id(1)))
        pen.write(.positionLeft(pen.id(1)))
        #expect(pen.rules == [.state])
    }

    @Test("A session without an admission, and one that goes on after its end, are found")
    func sessions() throws {
        var pen = try Pen()
        pen.join(1)
        pen.start(1)
        #expect(pen.rules == [.state])
        var ended = try Pen()
        ended.join(1)
        ended.admit(1)
        ended.start(1)
        ended.write(.sessionTerminated(SessionID(of: ended.id(1))))
        ended.start(1)
        #expect(ended.rules == [.state])
    }

    @Test("An admission while the room is paused is found")
    func closed() throws {
        var pen = try Pen { $0.status = .paused }
        pen.join(1)
        pen.admit(1)
        #expect(pen.rules == [.closed])
    }

    @Test("A gap, a repetition and a step back in time are found")
    func records() throws {
        var pen = try Pen()
        pen.join(1)
        pen.join(2)
        var gap = pen.events
        gap.remove(at: 1)
        #expect(HistoryChecker.violations(in: gap).contains { $0.rule == .record })
        #expect(HistoryChecker.violations(in: pen.events + [pen.events[2]]).contains { $0.rule == .record })
        pen.now -= 1
        pen.write(.positionLeft(pen.id(1)))
        #expect(pen.rules == [.record])
    }

    @Test("An acknowledged position that the history does not know is lost")
    func lost() throws {
        var pen = try Pen()
        pen.join(1)
        var checker = HistoryChecker()
        for event in pen.events { checker.observe(event) }
        checker.requireKnown([pen.id(1)], in: pen.room)
        #expect(checker.violations.isEmpty)
        checker.requireKnown([pen.id(2)], in: pen.room)
        #expect(checker.violations.map(\.rule) == [.state])
    }
}
