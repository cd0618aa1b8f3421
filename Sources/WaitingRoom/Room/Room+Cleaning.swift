/// How many ended by the clock.
package struct CleaningCounts: Hashable, Sendable {
    package var positionsExpired = 0
    package var admissionsExpired = 0
    package var sessionsExpired = 0
    /// More may be due than the limit allowed to look at.
    package var isPartial = false

    package init() {}
}

extension Room {
    /// Expires silent waiting positions, unused admissions and idle sessions, and forgets old final states.
    /// O(log n) for each that ends or is looked at; each is looked at about once per time-out.
    /// - `limit`: how many of each kind may be looked at.
    package mutating func clean(
        at now: Timestamp, limit: Int = .max, emitting events: inout [RoomEvent]
    ) -> CleaningCounts {
        clock.observe(now)
        var counts = CleaningCounts()
        counts.positionsExpired = expireSilent(limit, &counts.isPartial, &events)
        counts.admissionsExpired = expireUnclaimed(limit, &counts.isPartial, &events)
        counts.sessionsExpired = expireIdle(limit, &counts.isPartial, &events)
        forget(at: clock.now, limit: limit)
        return counts
    }

    private mutating func expireSilent(_ limit: Int, _ isPartial: inout Bool, _ events: inout [RoomEvent]) -> Int {
        let due = before(settings.heartbeatTimeout)
        let reminders = silence.take(through: due, limit: limit)
        isPartial = isPartial || reminders.count == limit
        var expired = 0
        for reminder in reminders {
            guard let lastSign = positions.read(reminder.id, \.lastSign) ?? nil else { continue }
            if lastSign <= due {
                commit(.positionExpired(reminder.id), to: &events)
                expired += 1
            } else {
                silence.note(reminder.id, at: lastSign)
            }
        }
        return expired
    }

    private mutating func expireUnclaimed(_ limit: Int, _ isPartial: inout Bool, _ events: inout [RoomEvent]) -> Int {
        let due = before(settings.claimTimeout)
        let reminders = claims.take(through: due, limit: limit)
        isPartial = isPartial || reminders.count == limit
        var expired = 0
        for reminder in reminders {
            guard let since = positions.read(reminder.id, \.admittedSince) ?? nil else { continue }
            if since <= due {
                commit(.positionExpired(reminder.id), to: &events)
                expired += 1
            } else {
                claims.note(reminder.id, at: since)
            }
        }
        return expired
    }

    private mutating func expireIdle(_ limit: Int, _ isPartial: inout Bool, _ events: inout [RoomEvent]) -> Int {
        let due = before(settings.sessionTimeout)
        let isRenewed = settings.sessionRenewal
        let reminders = idle.take(through: due, limit: limit)
        isPartial = isPartial || reminders.count == limit
        var expired = 0
        for reminder in reminders {
            let since = positions.read(reminder.id) { $0.idleSince(isRenewed: isRenewed) } ?? nil
            guard let since else { continue }
            if since <= due {
                commit(.sessionExpired(SessionID(of: reminder.id)), to: &events)
                expired += 1
            } else {
                idle.note(reminder.id, at: since)
            }
        }
        return expired
    }

    @inline(__always)
    private func before(_ timeout: Milliseconds) -> Timestamp {
        Timestamp(milliseconds: clock.now.milliseconds - timeout.count)
    }
}
