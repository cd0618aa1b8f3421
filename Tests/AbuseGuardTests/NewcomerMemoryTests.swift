import Testing
import WaitingRoom

@testable import AbuseGuard

/// The memory, so that what it answers can be expected in place.
private final class Memory {
    private var memory = NewcomerMemory()
    private var positions: UInt64 = 0

    func signals(of visitor: VisitorKey, in room: RoomSettings, at now: Int64) -> Set<AbuseSignal> {
        memory.signals(of: visitor, in: room, at: now)
    }

    /// Gives out the cookie of a new position.
    @discardableResult
    func gave(to visitor: VisitorKey, in room: RoomSettings, at now: Int64) -> PositionID {
        positions += 1
        let position = PositionID(bits: UUIDBits(high: 0, low: positions))
        memory.gave(position, to: visitor, in: room.id, at: now)
        return position
    }

    func returned(_ position: PositionID, in room: RoomSettings, at now: Int64) {
        memory.returned(position, in: room.id, at: now)
    }

    func isAutomated(_ visitor: VisitorKey, at now: Int64) { memory.isAutomated(visitor, at: now) }
}

@Suite("What is remembered of newcomers")
struct NewcomerMemoryTests {
    private var room: RoomSettings
    private let visitor = VisitorKey(address: "192.0.2.1", userAgent: "a")
    private let now: Int64 = 1_795_233_754_000

    init() throws {
        room = RoomSettings(id: try #require(RoomID("shop")))
        room.maxActiveUsers = 500
    }

    @Test("Whoever takes cookies and brings none back is known after some, by address and User-Agent together")
    func noCookies() {
        let memory = Memory()
        var last: PositionID?
        for _ in 0..<NewcomerMemory.cookieAllowance {
            #expect(memory.signals(of: visitor, in: room, at: now) == [])
            last = memory.gave(to: visitor, in: room, at: now)
        }
        #expect(memory.signals(of: visitor, in: room, at: now) == [.noCookies])
        let neighbour = VisitorKey(address: "192.0.2.1", userAgent: "b")
        #expect(memory.signals(of: neighbour, in: room, at: now) == [])
        if let last { memory.returned(last, in: room, at: now) }
        #expect(memory.signals(of: visitor, in: room, at: now) == [])
    }

    @Test("One cookie comes back once, however often it is seen, and unknown ones never")
    func returnsOnce() {
        let memory = Memory()
        let first = memory.gave(to: visitor, in: room, at: now)
        for _ in 0..<NewcomerMemory.cookieAllowance { memory.gave(to: visitor, in: room, at: now) }
        memory.returned(PositionID(bits: UUIDBits(high: 9, low: 9)), in: room, at: now)
        for _ in 0..<10 { memory.returned(first, in: room, at: now) }
        #expect(memory.signals(of: visitor, in: room, at: now) == [.noCookies])
    }

    @Test("Later nothing is held against anybody")
    func forgets() {
        let memory = Memory()
        for _ in 0..<100 { memory.gave(to: visitor, in: room, at: now) }
        #expect(memory.signals(of: visitor, in: room, at: now + 120_000) == [])
    }

    @Test("A crowd from everywhere that never comes back holds a fiftieth of the slots, then everybody is asked")
    func ghosts() {
        let memory = Memory()
        for number in 0..<10 {
            let ghost = VisitorKey(address: "192.0.2.\(number)", userAgent: "a")
            #expect(memory.signals(of: ghost, in: room, at: now) == [], "\(number)")
            memory.gave(to: ghost, in: room, at: now)
        }
        let newcomer = VisitorKey(address: "198.51.100.1", userAgent: "a")
        #expect(memory.signals(of: newcomer, in: room, at: now) == [.ghosts])
        #expect(memory.signals(of: newcomer, in: room, at: now + room.claimTimeout.count) == [.ghosts])
        #expect(memory.signals(of: newcomer, in: room, at: now + 2 * room.claimTimeout.count) == [])
    }

    @Test("Where most come back, those who stay away count alone")
    func someGhosts() {
        let memory = Memory()
        for number in 0..<100 {
            let newcomer = VisitorKey(address: "198.51.100.\(number)", userAgent: "a")
            let visitor = VisitorKey(address: "192.0.2.\(number)", userAgent: "a")
            let position = memory.gave(to: visitor, in: room, at: now)
            if number % 4 > 0 { memory.returned(position, in: room, at: now) }
            #expect((memory.signals(of: newcomer, in: room, at: now) == []) == (number < 36), "\(number)")
        }
    }

    @Test("An address that joins often is known, an IPv6 one by its /64")
    func joinRate() {
        let memory = Memory()
        for number in 0..<NewcomerMemory.joinAllowance {
            let key = VisitorKey(address: "2001:db8::\(number)", userAgent: "a")
            #expect(memory.signals(of: key, in: room, at: now) == [])
        }
        let next = VisitorKey(address: "2001:db8::ffff", userAgent: "b")
        #expect(memory.signals(of: next, in: room, at: now) == [.joinRate])
        let other = VisitorKey(address: "2001:db8:0:1::1", userAgent: "b")
        #expect(memory.signals(of: other, in: room, at: now) == [])
        #expect(memory.signals(of: next, in: room, at: now + 20_000) == [])
    }

    @Test("A browser whose page said that a program runs it is known for ten minutes")
    func webdriver() {
        let memory = Memory()
        memory.isAutomated(visitor, at: now)
        #expect(memory.signals(of: visitor, in: room, at: now + 599_000) == [.webdriver])
        #expect(memory.signals(of: visitor, in: room, at: now + 600_000) == [])
    }

    @Test("A table keeps what was used last, and never more than it has places for")
    func table() {
        var table = RecentTable<Int>(capacity: 4)
        for key in 0..<5 { table.update(UInt64(key), now: Int64(key), initial: key) { _ in } }
        #expect((0..<5).map { table.value(of: UInt64($0)) } == [nil, 1, 2, 3, 4])
        table.update(1, now: 9, initial: 0) { $0 += 10 }
        table.update(7, now: 10, initial: 7) { _ in }
        #expect(table.value(of: 1) == 11 && table.value(of: 2) == nil && table.value(of: 7) == 7)
    }

    @Test("A window forgets gradually, and a clock that was set back begins anew")
    func window() {
        var count = WindowCount()
        count.add(10, at: 0, span: 100)
        #expect(count.value(at: 99, span: 100) == 10)
        #expect(count.value(at: 150, span: 100) == 5)
        #expect(count.value(at: 200, span: 100) == 0)
        count.add(at: 150, span: 100)
        #expect(count.value(at: 150, span: 100) == 6)
        #expect(count.value(at: 20, span: 100) == 0)
    }
}
