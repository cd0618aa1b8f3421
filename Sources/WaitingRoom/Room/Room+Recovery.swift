extension Room {
    /// Starts the soft clocks afresh after a replay: nobody pays for the time in which the room could not hear them. A
    /// session that is not renewed keeps its end. O(n).
    package mutating func recover(at now: Timestamp) {
        clock = RoomClock(wall: now, floor: clock.now)
        let time = clock.now
        let timeout = max(1, settings.heartbeatTimeout.count)
        (silence, claims, idle) = (TimeWheel(), TimeWheel(), TimeWheel())
        var reminders: [(TimeWheel.Reminder, PositionStatus)] = []
        positions.updateEach { id, entry in
            entry.renew(at: time)
            switch entry.status {
            case .waiting:
                // Spread over the time-out, so that they are not all looked at in one moment later.
                let early = Int64(id.bits.low % UInt64(timeout))
                let noted = Timestamp(milliseconds: time.milliseconds - early)
                reminders.append((TimeWheel.Reminder(id: id, time: noted), .waiting))
            case .admitted:
                reminders.append((TimeWheel.Reminder(id: id, time: time), .admitted))
            case .active:
                let base = entry.idleSince(isRenewed: settings.sessionRenewal) ?? time
                reminders.append((TimeWheel.Reminder(id: id, time: base), .active))
            case .expired, .left, .completed, .terminated, .moved:
                break
            }
        }
        for (reminder, status) in reminders {
            switch status {
            case .waiting: silence.note(reminder.id, at: reminder.time)
            case .admitted: claims.note(reminder.id, at: reminder.time)
            default: idle.note(reminder.id, at: reminder.time)
            }
        }
    }

    /// The total of heartbeats, which is kept beside the events.
    package mutating func restore(heartbeats: Int) { totals.heartbeats = max(totals.heartbeats, heartbeats) }
}
