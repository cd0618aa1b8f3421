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

    @Test("What operators do is there with their name, and many alike in one step are one entry")
    func operators() throws {
        let olga = try #require(OperatorName("olga"))
        let ann = try #require(OperatorName("ann"))
        var generator = SystemRandomNumberGenerator()
        let ids = (0..<4).map { _ in PositionID(using: &generator) }
        let entries = AuditTrail().entries(of: [
            event(1, .roomOverridden(RoomOverrides(status: .paused, maxActiveUsers: 3), by: olga)),
            event(2, .roomOverridden(RoomOverrides(), by: ann)), event(3, .admissionGranted(2, by: olga)),
            event(4, .positionAdmitted(ids[0], expiresAt: Timestamp(milliseconds: 0))),
            event(5, .positionMoved(ids[1], to: .priority(5), by: olga)),
            event(6, .positionTerminated(ids[1], by: olga)), event(7, .positionTerminated(ids[2], by: olga)),
            event(8, .positionTerminated(ids[3], by: ann)),
            event(9, .sessionTerminated(SessionID(of: ids[0]), by: ann)),
            event(10, .sessionTerminated(SessionID(of: ids[0]))),
        ])
        #expect(entries.map(\.actor) == ["olga", "ann", "olga", "olga", "olga", "ann", "ann"])
        #expect(
            entries.map(\.action) == [
                "room.overridden", "room.overridden", "admission.granted", "position.moved", "position.terminated",
                "position.terminated", "session.terminated",
            ])
        #expect(
            entries.map(\.detail) == [
                "status: paused, max_active_users: 3", "none: the file holds", "2", "\(ids[1]) to priority 5",
                "2 positions",
                "\(ids[3])", "\(SessionID(of: ids[0]))",
            ])
        #expect(entries.map(\.sequence) == [1, 2, 3, 5, 7, 8, 9])
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
