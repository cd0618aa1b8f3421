import RoomConfiguration
import Synchronization
import Testing
import WaitingRoom

@testable import AdminAPI

@Suite("Those who follow the events")
struct EventTailsTests {
    private let hall: RoomID
    private let keys = AdminKeyTable(AdminFixture.keys)
    private let caller: AdminCaller

    init() throws {
        hall = try #require(RoomID("hall"))
        caller = try #require(keys.caller(presenting: Array(AdminFixture.operatorKey.utf8)))
    }

    private func tails(bytes: Int = 2) -> EventTails {
        EventTails { event in ("\(event.sequence)", Array(repeating: UInt8(ascii: "x"), count: bytes)) }
    }

    private func left(_ sequence: UInt64, _ room: RoomID? = nil) -> RoomEvent {
        var generator = SystemRandomNumberGenerator()
        return RoomEvent(
            sequence: sequence, time: Timestamp(milliseconds: 0), room: room ?? hall,
            change: .positionLeft(PositionID(using: &generator)))
    }

    private func open(
        _ tails: EventTails, _ filter: EventTails.Filter = .init(), onCut: @escaping @Sendable () -> Void = {}
    ) throws -> EventTail {
        let tail = tails.open(filter, for: caller, onCut: onCut)
        return try #require(tail)
    }

    private func text(_ tail: EventTail) async -> String? {
        await tail.next().map { String(decoding: $0, as: UTF8.self) }
    }

    @Test("Each event of the wanted room and kind comes once, in order, from the beginning of the tail on")
    func order() async throws {
        let tails = tails()
        tails.observe([left(1)])
        let tail = try open(tails, .init(room: hall, kind: "position.left"))
        #expect(await text(tail) == ": open\n\n")
        let attic = try #require(RoomID("attic"))
        let other = RoomEvent(
            sequence: 3, time: Timestamp(milliseconds: 0), room: hall,
            change: .sessionCompleted(SessionID(bits: UUIDBits(high: 1, low: 1))))
        tails.observe([left(2), left(7, attic), other, left(4)])
        #expect(await text(tail) == "id: 2\ndata: xx\n\nid: 4\ndata: xx\n\n")
    }

    @Test("Whoever does not read is cut off once too much waits, and others go on")
    func slow() async throws {
        let tails = tails(bytes: 1 << 20)
        let cuts = Counted()
        let slow = try open(tails, onCut: { cuts.increment() })
        let quick = try open(tails, onCut: { Issue.record("cut") })
        for sequence in UInt64(1)...6 {
            tails.observe([left(sequence)])
            #expect(await quick.next() != nil)
        }
        #expect(cuts.count == 1)
        #expect(await slow.next() == nil)
    }

    @Test("There are 16 at most, and one that is gone makes room")
    func limit() {
        let tails = tails()
        var open = (0..<16).map { _ in tails.open(.init(), for: caller, onCut: {}) }
        #expect(open.allSatisfy { $0 != nil })
        #expect(tails.open(.init(), for: caller, onCut: {}) == nil)
        open.removeLast()
        #expect(tails.open(.init(), for: caller, onCut: {}) != nil)
    }

    @Test("When the listener stops they end, and there are no others")
    func close() async throws {
        let tails = tails()
        let tail = try open(tails)
        let reader = Task {
            var count = 0
            while await tail.next() != nil { count += 1 }
            return count
        }
        tails.observe([left(1)])
        tails.close()
        #expect(await reader.value >= 1)
        #expect(tails.open(.init(), for: caller, onCut: {}) == nil)
    }

    @Test("Over HTTP an event comes as its CloudEvent, and stopping the listener ends the answer")
    func overHTTP() async throws {
        let fixture = try AdminFixture()
        try await fixture.serving { client in
            async let answer = client.ask("GET", "/admin/v1/events?kind=position.enqueued", key: AdminFixture.viewerKey)
            while fixture.tails.isQuiet { try await Task.sleep(for: .milliseconds(5)) }
            try await fixture.arrive()
            fixture.tails.close()
            let text = try await answer
            #expect(text["Content-Type"] == "text/event-stream; charset=utf-8")
            #expect(text.body.contains(": open") && text.body.contains("data: {\"type\":\"position.enqueued\"}"))
            #expect(try await client.ask("GET", "/admin/v1/events?queue_id=attic").statusLine.contains("422"))
            #expect(try await client.ask("GET", "/admin/v1/events").statusLine.contains("503"))
            #expect(try await client.ask("HEAD", "/admin/v1/events").statusLine == "HTTP/1.1 200 OK")
        }
    }
}
