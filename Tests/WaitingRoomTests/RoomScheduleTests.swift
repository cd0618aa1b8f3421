import Testing

@testable import WaitingRoom

struct RoomScheduleTests {
    private static func time(_ text: String) throws -> Timestamp { try #require(Timestamp(withOffset: text)) }

    private static func event(
        _ starts: String, _ ends: String, preQueue: Milliseconds = Milliseconds(0),
        _ recurrence: ScheduledEvent.Recurrence = .once, until: String? = nil
    ) throws -> ScheduledEvent {
        ScheduledEvent(
            name: "event", startsAt: try time(starts), endsAt: try time(ends), preQueue: preQueue,
            recurrence: recurrence, until: try until.map(time))
    }

    @Test("A room's phase follows from its settings and the time alone")
    func phases() throws {
        var settings = RoomSettings(id: try Scene.roomID())
        let now = Timestamp(milliseconds: 1_000_000)
        #expect(settings.phase(at: now) == .open)
        settings.opening = Opening(at: now, preQueue: .seconds(10))
        settings.closesAt = now + .seconds(60)
        let expected: [(Int64, RoomPhase)] = [
            (-10_001, .scheduled), (-10_000, .preQueue), (-1, .preQueue), (0, .open), (59_999, .open),
            (60_000, .closed),
        ]
        for (offset, phase) in expected { #expect(settings.phase(at: now + Milliseconds(offset)) == phase) }
        settings.queueingMethod = .reject
        #expect(settings.phase(at: now) == .closed)
        settings.opening = Opening(at: now)
        #expect(settings.phase(at: now + Milliseconds(-1)) == .scheduled)
    }

    @Test("An event's settings hold from its pre-queue to its end, and the room's own before and after")
    func overrides() throws {
        var event = try Self.event("2026-12-04T18:00+01:00", "2026-12-04T20:00+01:00", preQueue: .minutes(15))
        event.overrides.maxActiveUsers = 9
        event.overrides.queueingMethod = .fifo
        let base = RoomSettings(id: try Scene.roomID(), queueingMethod: .passthrough)
        let schedule = RoomSchedule(base, events: [event])
        #expect(schedule.settings(at: try Self.time("2026-12-04T16:44:59Z")) == base)
        let early = schedule.settings(at: try Self.time("2026-12-04T16:45:00Z"))
        #expect(early.maxActiveUsers == 9)
        #expect(early.queueingMethod == .fifo)
        #expect(early.opening == Opening(at: try Self.time("2026-12-04T17:00:00Z"), preQueue: .minutes(15)))
        #expect(schedule.settings(at: try Self.time("2026-12-04T18:59:59Z")) == early)
        #expect(schedule.settings(at: try Self.time("2026-12-04T19:00:00Z")) == base)
    }

    @Test("A recurring event comes again after whole days, until it does not any more")
    func recurrence() throws {
        let weekly = try Self.event(
            "2026-12-04T18:00Z", "2026-12-04T20:00Z", preQueue: .minutes(60), .weekly, until: "2026-12-18T18:00Z")
        func start(_ text: String) throws -> Timestamp? { weekly.occurrence(at: try Self.time(text))?.opening.opensAt }
        #expect(try start("2026-11-27T18:30Z") == nil)
        #expect(try start("2026-12-04T17:00Z") == Self.time("2026-12-04T18:00Z"))
        #expect(try start("2026-12-11T19:59Z") == Self.time("2026-12-11T18:00Z"))
        #expect(try start("2026-12-11T20:00Z") == nil)
        #expect(try start("2026-12-18T18:00Z") == Self.time("2026-12-18T18:00Z"))
        #expect(try start("2026-12-25T18:00Z") == nil)
        let daily = try Self.event("2026-12-04T23:00Z", "2026-12-05T01:00Z", .daily)
        #expect(daily.occurrence(at: try Self.time("2027-03-01T00:30Z")) != nil)
        #expect(daily.occurrence(at: try Self.time("2027-03-01T22:59Z")) == nil)
    }

    @Test("Events overlap if there is a moment at which both are on, however far away")
    func overlaps() throws {
        let once = try Self.event("2026-12-04T18:00Z", "2026-12-04T20:00Z")
        let after = try Self.event("2026-12-04T20:00Z", "2026-12-04T21:00Z")
        let queued = try Self.event("2026-12-04T20:00Z", "2026-12-04T21:00Z", preQueue: .minutes(1))
        let friday = try Self.event("2026-11-06T19:00Z", "2026-11-06T19:30Z", .weekly)
        let ended = try Self.event("2026-11-06T19:00Z", "2026-11-06T19:30Z", .weekly, until: "2026-11-28T00:00Z")
        let saturday = try Self.event("2026-11-07T19:00Z", "2026-11-07T19:30Z", .weekly)
        let daily = try Self.event("2026-01-01T19:15Z", "2026-01-01T19:20Z", .daily)
        let long = try Self.event("2026-01-01T00:00Z", "2027-01-01T00:00Z")
        let expected: [(ScheduledEvent, ScheduledEvent, Bool)] = [
            (once, after, false), (once, queued, true), (once, friday, true), (once, ended, false),
            (once, saturday, false), (friday, saturday, false), (friday, daily, true), (saturday, daily, true),
            (after, daily, false), (long, saturday, true), (long, once, true), (once, once, true),
        ]
        for (a, b, overlaps) in expected {
            #expect(a.overlaps(b) == overlaps)
            #expect(b.overlaps(a) == overlaps)
        }
        #expect(try Self.event("2026-12-04T00:00Z", "2026-12-04T23:00Z", preQueue: .minutes(61), .daily).overlapsItself)
        #expect(!friday.overlapsItself)
    }

    @Test("Random without a window of its own has one of ten seconds")
    func randomWindow() throws {
        var base = RoomSettings(id: try Scene.roomID(), queueingMethod: .random)
        let now = Timestamp(milliseconds: 0)
        #expect(RoomSchedule(base).settings(at: now).shuffleWindow == .seconds(10))
        base.shuffleWindow = .seconds(3)
        #expect(RoomSchedule(base).settings(at: now).shuffleWindow == .seconds(3))
    }

    @Test(
        "A time with an offset is read exactly, one without is not",
        arguments: [
            ("1970-01-01T00:00Z", 0), ("1970-01-01T01:00:01+01:00", 1_000), ("1969-12-31T19:00:00-05:00", 0),
            ("2026-12-01T10:00:00+05:30", 1_796_099_400_000), ("2026-12-01T10:00:00", nil), ("2026-02-30T10:00Z", nil),
            ("2026-12-01 10:00Z", nil), ("2026-12-01T10:00+1:00", nil), ("2026-12-01T24:00Z", nil), ("", nil),
            ("2026-12-01T10:00:00+01:60", nil), ("2026-12-01T10:00:00.5Z", nil),
        ] as [(String, Int64?)])
    func times(text: String, expected: Int64?) {
        #expect(Timestamp(withOffset: text)?.milliseconds == expected)
    }
}
