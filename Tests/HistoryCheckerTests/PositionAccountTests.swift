import HistoryChecker
import Testing
import WaitingRoom

struct PositionAccountTests {
    /// A room of one slot, and what happens in it.
    private struct Hall {
        var room: Room
        var events: [RoomEvent] = []
        var now: Int64 = 1_000_000
        private var generator = SystemRandomNumberGenerator()

        init() throws {
            let settings = RoomSettings(
                id: try #require(RoomID("hall")), maxActiveUsers: 1, queueRate: Rate(count: 100, per: .seconds(1)))
            room = Room(opening: settings, at: Timestamp(milliseconds: now), emitting: &events)
        }

        static func id(_ number: UInt64) -> PositionID { PositionID(bits: UUIDBits(high: 0x4000, low: number)) }

        var time: Timestamp { Timestamp(milliseconds: now) }

        mutating func arrive(_ number: UInt64, priority: Int = 0) {
            _ = room.arrive(
                JoinRequest(id: Self.id(number), priority: priority), at: time, using: &generator, emitting: &events)
        }

        mutating func leave(_ number: UInt64) { _ = room.leave(Self.id(number), at: time, emitting: &events) }

        mutating func admit() { _ = room.admit(at: time, emitting: &events) }

        mutating func clean() { _ = room.clean(at: time, emitting: &events) }

        mutating func pass(seconds: Int64, alive: ClosedRange<UInt64>) {
            for _ in 0..<seconds {
                now += 1000
                for number in alive { room.heartbeat(Self.id(number), at: time) }
            }
        }

        mutating func update(_ change: (inout RoomSettings) -> Void) {
            var settings = room.configured
            change(&settings)
            room.update(settings, at: time, emitting: &events)
        }

        func account(of number: UInt64) throws -> PositionAccount {
            var account = PositionAccount(of: Self.id(number))
            for event in events { try account.observe(event) }
            return account
        }
    }

    @Test("A long wait is told in few lines, with what moved the line and what kept it")
    func wait() throws {
        var hall = try Hall()
        for number in 1...9 as ClosedRange<UInt64> { hall.arrive(number) }
        hall.pass(seconds: 10, alive: 2...9)
        hall.arrive(10, priority: 3)
        for number in 1...4 as ClosedRange<UInt64> {
            hall.leave(number)
            hall.pass(seconds: 5, alive: 2...9)
            hall.admit()
        }
        hall.leave(10)
        hall.update { $0.status = .paused }
        hall.pass(seconds: 30, alive: 2...9)
        hall.update { $0.status = .active }
        for number in 5...9 as ClosedRange<UInt64> {
            hall.admit()
            if number < 9 { hall.leave(number) }
        }
        let account = try hall.account(of: 9)
        let kinds = account.entries.map(\.kind)
        #expect(kinds.first == "position.enqueued" && kinds.last == "position.admitted")
        #expect(kinds.filter { $0 == "room.updated" }.count == 2)
        #expect(account.entries[0].text == "Joined as number 9 with 7 before it." && account.entries[0].place == 8)
        let moved = account.entries.filter { $0.kind == "moved" }.map(\.text)
        #expect(
            moved.first == "From place 8 to 5: 2 let in, 2 before it gone, 1 of higher priority came before it.",
            "\(moved)")
        #expect(account.entries.contains { $0.text == "The room was changed: status from active to paused." })
        #expect(account.summary.hasPrefix("Number 9, admitted, waited 1 min 0 s, 30 s of it while the room was paused"))
    }

    @Test("What operators did to a position, or to the room while it waited, is told with their names")
    func operators() throws {
        let actor = try #require(OperatorName("night-shift"))
        var hall = try Hall()
        hall.update { $0.priorityShare = 1_000 }
        for number in 1...6 as ClosedRange<UInt64> { hall.arrive(number) }
        hall.room.override(.init(status: .set(.paused)), by: actor, at: hall.time, emitting: &hall.events)
        _ = hall.room.move(Hall.id(6), to: .front, by: actor, at: hall.time, emitting: &hall.events)
        _ = hall.room.move(Hall.id(5), to: .priority(2), by: actor, at: hall.time, emitting: &hall.events)
        hall.room.override(.init(status: .clear), by: actor, at: hall.time, emitting: &hall.events)
        hall.leave(1)
        var generator = SystemRandomNumberGenerator()
        _ = hall.room.admitNow(1, by: actor, at: hall.time, using: &generator, emitting: &hall.events)
        _ = hall.room.terminate(Hall.id(6), by: actor, at: hall.time, emitting: &hall.events)
        #expect(
            try hall.account(of: 6).entries.dropFirst().map(\.text) == [
                "The operator night-shift changed the room: status from active to paused.",
                "Put before the others of its priority by the operator night-shift: from place 5 to 1.",
                "From place 1 to 2: 1 put before it by operators.",
                "The operator night-shift took back what operators had set: status from paused to active.",
                "From place 2 to 1: 1 let in.",
                "Taken out of the line by the operator night-shift.",
            ])
        let five = try hall.account(of: 5).entries.map(\.text)
        #expect(five.contains("Put into priority 2 by the operator night-shift: from place 5 to 1."))
        #expect(
            five.contains { $0.hasPrefix("Let in after 0 s by the operator night-shift, beyond the rate; the slot") })
        let two = try hall.account(of: 2)
        #expect(two.entries.contains { $0.text.contains("2 put before it by operators") }, "\(two.entries)")
        _ = hall.room.end(
            SessionID(of: Hall.id(5)), as: .terminated, by: actor, at: hall.time, emitting: &hall.events)
        #expect(
            try hall.account(of: 5).entries.last?.text == "The session was ended by the operator night-shift.")
    }

    @Test("Passes and draws are told, with the place that they gave")
    func passesAndDraws() throws {
        var hall = try Hall()
        hall.arrive(1)
        hall.arrive(2)
        hall.arrive(3)
        let pass = Pass(
            id: PassID(bits: UUIDBits(high: 1, low: 1)), priority: 4, uses: 2, expiresAt: hall.time + .minutes(5))
        _ = hall.room.present(pass, for: Hall.id(3), at: hall.time, emitting: &hall.events)
        #expect(
            try hall.account(of: 3).entries.last?.text == "A pass moved it up to priority 4: from place 2 to 1.")

        var sale = try Hall()
        let opens = sale.time + .seconds(10)
        sale.update { $0.opening = Opening(at: opens, preQueue: .seconds(10)) }
        for number in 1...3 as ClosedRange<UInt64> { sale.arrive(number) }
        sale.pass(seconds: 10, alive: 1...3)
        sale.arrive(4)
        let places = try (1...3 as ClosedRange<UInt64>).map { number in
            let entries = try sale.account(of: number).entries
            #expect(entries[0].text == "Joined as number \(number) before the opening: the place is drawn.")
            #expect(entries.count == 2)
            return entries[1].text
        }
        #expect(places.sorted() == (1...3).map { "The draw was revealed: place \($0) of 3." })
    }

    @Test("A place that moves to another device is told on either side of it")
    func handedOver() throws {
        var hall = try Hall()
        for number in 1...3 as ClosedRange<UInt64> { hall.arrive(number) }
        hall.pass(seconds: 20, alive: 2...3)
        let code = HandoverDigest(bits: UUIDBits(high: 1, low: 1))
        _ = hall.room.offer(Hall.id(3), under: code, at: hall.time)
        _ = hall.room.takeOver(with: code, as: Hall.id(13), at: hall.time, emitting: &hall.events)
        hall.pass(seconds: 10, alive: 2...13)
        hall.leave(1)
        hall.leave(2)
        hall.admit()
        let old = try hall.account(of: 3)
        #expect(old.entries.map(\.kind) == ["position.enqueued", "position.handed_over", "moved", "position.admitted"])
        #expect(
            old.entries[1].text
                == "The visitor went on on another device, as position \(Hall.id(13)), at place 2.")
        #expect(old.position == Hall.id(13) && old.summary.hasPrefix("Number 3, admitted, waited 30 s"))
        let new = try hall.account(of: 13)
        #expect(new.entries.map(\.kind) == ["position.handed_over", "moved", "position.admitted"])
        #expect(
            new.entries[0].text
                == "Came from another device with the place of position \(Hall.id(3)): number 3, at place 2. What was "
                + "before, that position's account tells.")
        #expect(new.summary.hasPrefix("Number 3, admitted, waited 10 s"))
    }

    @Test("A missed turn is told to its end, with the position that came back; a stranger is not known")
    func missedTurn() throws {
        var hall = try Hall()
        hall.arrive(1)
        hall.arrive(2)
        hall.pass(seconds: 60, alive: 2...2)
        hall.clean()
        _ = hall.room.comeBack(Hall.id(1), mayAdmit: false, at: hall.time, emitting: &hall.events)
        hall.admit()
        let account = try hall.account(of: 1)
        #expect(
            account.entries.map(\.kind) == [
                "position.enqueued", "position.admitted", "position.expired", "position.enqueued", "position.admitted",
            ])
        #expect(account.position == PositionID(returningFrom: Hall.id(1)))
        #expect(account.entries[3].text.hasSuffix("with 0 before it."))
        #expect(try hall.account(of: 77).isKnown == false)
    }
}
