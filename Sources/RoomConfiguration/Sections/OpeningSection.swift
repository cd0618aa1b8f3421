import WaitingRoom

extension RoomSettings {
    /// When the room opens and closes, and who is let in how.
    mutating func readOpening(from section: Section) {
        section.read("queueing_method", into: &queueingMethod, .choice)
        let opensAt = section.readOptional("opens_at", .time)
        closesAt = section.readOptional("closes_at", .time)
        let (preQueue, draws) = Opening.waiting(in: section)
        if let opensAt { opening = Opening(at: opensAt, preQueue: preQueue, draws: draws && preQueue.count > 0) }
        if preQueue.count > 0, !section.isWritten("opens_at") {
            section.refuse(
                "pre_queue", Mistake("there is no opening to wait for", "write opens_at, or remove pre_queue"))
        }
        if let opensAt, let closesAt, closesAt <= opensAt {
            section.refuse("closes_at", Mistake("is not after opens_at", "write a later time"))
        }
    }

    /// The room's events, none of which may be on while another is.
    func events(reading section: Section) -> [ScheduledEvent] {
        let sections = section.sections("events", as: .event)
        if sections.count > ScheduledEvent.limit {
            section.refuse(
                "events", Mistake("are \(sections.count)", "write at most \(ScheduledEvent.limit); one may repeat"))
            return []
        }
        var events: [(event: ScheduledEvent, section: Section)] = []
        for section in sections {
            guard let event = ScheduledEvent(reading: section) else { continue }
            check(event, section)
            for other in events where event.overlaps(other.event) {
                section.refuse(
                    "starts_at",
                    Mistake(
                        "\(event.name.quoted) is on, its pre-queue included, while \(other.event.name.quoted) "
                            + "(line \(other.section.position.line)) is",
                        "write other times: of a room's events only one can be on"))
            }
            events.append((event, section))
        }
        return events.map(\.event)
    }

    private func check(_ event: ScheduledEvent, _ section: Section) {
        if let opening, Opening(at: event.startsAt, preQueue: event.preQueue).preQueueAt < opening.opensAt {
            section.refuse(
                "starts_at", Mistake("is, or its pre-queue, before the room's opens_at", "write a later time"))
        }
        if let closesAt, event.endsAt > closesAt {
            section.refuse("ends_at", Mistake("is after the room's closes_at", "write an earlier time"))
        }
    }
}

extension Opening {
    /// `pre_queue` and `shuffle_at_start`.
    fileprivate static func waiting(in section: Section) -> (preQueue: Milliseconds, draws: Bool) {
        var preQueue = Milliseconds(0)
        var draws = true
        section.read("pre_queue", into: &preQueue, .duration(Milliseconds(0)...Milliseconds.hours(168)))
        section.read("shuffle_at_start", into: &draws, .boolean)
        return (preQueue, draws)
    }
}

extension ScheduledEvent {
    /// Of one room.
    static let limit = 50

    /// Nil after refusing one without a beginning and an end.
    fileprivate init?(reading section: Section) {
        let time = "write a date and time with an offset, such as 2026-12-01T10:00:00+01:00"
        let startsAt = section.require("starts_at", .time, remedy: time)
        let endsAt = section.require("ends_at", .time, remedy: time)
        let (preQueue, draws) = Opening.waiting(in: section)
        var recurrence = Recurrence.once
        section.read("repeat", into: &recurrence, .choice)
        let until = section.readOptional("until", .time)
        var overrides = Overrides()
        overrides.maxActiveUsers = section.readOptional("max_active_users", .slots)
        overrides.queueRate = section.readOptional("queue_rate", .rate)
        overrides.sessionTimeout = section.readOptional(
            "session_timeout", .duration(Milliseconds(100)...Milliseconds.hours(168)))
        overrides.queueingMethod = section.readOptional("queueing_method", .choice)
        overrides.status = section.readOptional("status", .choice)
        let name = section.readOptional("name", .text) ?? section.path
        guard let startsAt, let endsAt else { return nil }
        self.init(
            name: name, startsAt: startsAt, endsAt: endsAt, preQueue: preQueue, shufflesAtStart: draws,
            recurrence: recurrence, until: until, overrides: overrides)
        guard endsAt > startsAt else {
            section.refuse("ends_at", Mistake("is not after starts_at", "write a later time"))
            return nil
        }
        if overlapsItself {
            section.refuse(
                "repeat", Mistake("comes again before it is over, its pre-queue included", "write an earlier ends_at"))
        }
        if until != nil, recurrence == .once {
            section.refuse(
                "until", Mistake("the event does not repeat", "write repeat: daily or weekly, or remove until"))
        }
        if preQueue.count > 0, overrides.queueingMethod == .reject || overrides.queueingMethod == .passthrough {
            section.refuse("pre_queue", Mistake("nobody waits for an event that has no line", "remove pre_queue"))
        }
    }
}
