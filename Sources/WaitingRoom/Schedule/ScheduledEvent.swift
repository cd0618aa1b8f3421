/// A time with settings of its own: a sale, a lesson each Friday.
package struct ScheduledEvent: Hashable, Sendable {
    /// How often it comes again: after a whole number of hours, whatever a time zone does meanwhile.
    package enum Recurrence: String, Hashable, Sendable, CaseIterable {
        case once, daily, weekly

        /// Nil: it does not.
        var period: Milliseconds? {
            switch self {
            case .once: nil
            case .daily: Milliseconds(86_400_000)
            case .weekly: Milliseconds(7 * 86_400_000)
            }
        }
    }

    /// What holds instead of the room's own settings; nil leaves them.
    package struct Overrides: Hashable, Sendable {
        package var maxActiveUsers: Int?
        package var queueRate: Rate?
        package var sessionTimeout: Milliseconds?
        package var queueingMethod: QueueingMethod?
        package var status: RoomStatus?

        package init() {}

        func apply(to settings: inout RoomSettings) {
            if let maxActiveUsers { settings.maxActiveUsers = maxActiveUsers }
            if let queueRate { settings.queueRate = queueRate }
            if let sessionTimeout { settings.sessionTimeout = sessionTimeout }
            if let queueingMethod { settings.queueingMethod = queueingMethod }
            if let status { settings.status = status }
        }
    }

    package var name: String
    /// Of the first occurrence.
    package var startsAt: Timestamp
    package var endsAt: Timestamp
    /// For so long before the start visitors wait for it, and nobody is admitted; 0: not.
    package var preQueue: Milliseconds
    /// Those who come in the pre-queue are put in random order.
    package var shufflesAtStart: Bool
    package var recurrence: Recurrence
    /// No occurrence starts after this; nil: it recurs for ever.
    package var until: Timestamp?
    package var overrides: Overrides

    package init(
        name: String, startsAt: Timestamp, endsAt: Timestamp, preQueue: Milliseconds = Milliseconds(0),
        shufflesAtStart: Bool = true, recurrence: Recurrence = .once, until: Timestamp? = nil,
        overrides: Overrides = Overrides()
    ) {
        self.name = name
        self.startsAt = startsAt
        self.endsAt = endsAt
        self.preQueue = preQueue
        self.shufflesAtStart = shufflesAtStart
        self.recurrence = recurrence
        self.until = until
        self.overrides = overrides
    }

    /// One coming of the event: from the start of its pre-queue to its end.
    package struct Occurrence: Hashable, Sendable {
        package var opening: Opening
        package var endsAt: Timestamp

        package func overlaps(_ other: Self) -> Bool {
            opening.preQueueAt < other.endsAt && other.opening.preQueueAt < endsAt
        }
    }

    /// The occurrence that `time` is in. O(1). One that is longer than its period is taken for ended when the next begins.
    package func occurrence(at time: Timestamp) -> Occurrence? {
        let first = occurrence(number: 0)
        guard time >= first.opening.preQueueAt else { return nil }
        let elapsed = (time - first.opening.preQueueAt).count
        let occurrence = occurrence(number: recurrence.period.map { elapsed / $0.count } ?? 0)
        guard time < occurrence.endsAt, until.map({ occurrence.opening.opensAt <= $0 }) ?? true else { return nil }
        return occurrence
    }

    /// The occurrences that are not over at `begin` and begin before `end`.
    func occurrences(from begin: Timestamp, to end: Timestamp) -> [Occurrence] {
        let first = occurrence(number: 0)
        var number: Int64 = 0
        if let period = recurrence.period, begin > first.endsAt {
            number = (begin - first.endsAt).count / period.count
        }
        var found: [Occurrence] = []
        while true {
            let next = occurrence(number: number)
            guard next.opening.preQueueAt < end, until.map({ next.opening.opensAt <= $0 }) ?? true else { return found }
            if next.endsAt > begin { found.append(next) }
            guard recurrence.period != nil else { return found }
            number += 1
        }
    }

    private func occurrence(number: Int64) -> Occurrence {
        let shift = Milliseconds(number * (recurrence.period?.count ?? 0))
        return Occurrence(
            opening: Opening(at: startsAt + shift, preQueue: preQueue, draws: shufflesAtStart && preQueue.count > 0),
            endsAt: endsAt + shift)
    }

    /// Whether it comes again before it is over.
    package var overlapsItself: Bool {
        guard let period = recurrence.period else { return false }
        return (endsAt - startsAt).count + preQueue.count > period.count
    }

    /// Whether there is a moment at which both are on. What recurs does so within a week, so the first week in which both
    /// can be on stands for all.
    package func overlaps(_ other: Self) -> Bool {
        let week = Milliseconds(7 * 86_400_000)
        let later = max(occurrence(number: 0).opening.preQueueAt, other.occurrence(number: 0).opening.preQueueAt)
        let begin = later + Milliseconds(-week.count)
        let end = later + week + week
        let others = other.occurrences(from: begin, to: end)
        return occurrences(from: begin, to: end).contains { own in others.contains { own.overlaps($0) } }
    }
}
