import QueueStore
import Testing
import WaitingRoom

@testable import AdminAPI

@Suite("What of the events belongs into the audit")
struct AuditTrailTests {
    private let hall: RoomID

    init() throws { hall = try #require(RoomID("hall")) }

    private func event(_ sequence: UInt64, _ change: RoomEvent.Change) -> RoomEvent {
        RoomEvent(sequence: sequence, time: Timestamp(milliseconds: 5), room: hall, change: change)
    }

    @Test("A changed file says what it has changed, and what visitors do is not there")
    func file() {
        let trail = AuditTrail()
        let first = RoomSettings(id: hall, maxActiveUsers: 5)
        var second = first
        second.status = .paused
        second.queueRate = Rate(count: 500, per: .minutes(1))
        var third = second
        third.maxQueueSize = 1
        var generator = SystemRandomNumberGenerator()
        let entries = trail.entries(of: [
            event(1, .roomUpdated(first)), event(2, .positionLeft(PositionID(using: &generator))),
            event(3, .roomUpdated(second)), event(4, .roomUpdated(third)),
        ])
        #expect(entries.map(\.sequence) == [1, 3, 4])
        #expect(entries.allSatisfy { $0.actor == "file" && $0.action == "room.updated" && $0.room == hall })
        #expect(entries[0].detail == "status: active, queue_rate: 10/s, max_active_users: 5")
        #expect(entries[1].detail == "status: active -> paused, queue_rate: 10/s -> 500/min")
        #expect(entries[2].detail == "other settings")
    }

    @Test("An entry is read as it was written, and from nothing else")
    func text() {
        let entry = AuditEntry(
            time: Timestamp(milliseconds: 1_795_240_000_123), actor: "olga", room: hall, sequence: .max >> 12,
            action: "room.updated", detail: "\"a\"\n\u{e9}")
        #expect(AuditEntry(json: entry.json) == entry)
        for text in ["", "{}", "[]", "{\"time\":1}"] { #expect(AuditEntry(json: Array(text.utf8)) == nil) }
    }
}
