extension Room {
    /// Gives somebody whose admission ran out unclaimed a place at the front of the same priority, before the order of
    /// joining and whether or not the line is full. Once, and no later than `missed_turn_grace` after that. A repeated
    /// call finds the place that the first one made. O(log n).
    /// - `mayAdmit`: whether the visitor may be admitted at once, as in `arrive`.
    /// - Returns: nil if there was no such turn to miss, or it is too late.
    package mutating func comeBack(
        _ missed: PositionID, mayAdmit: Bool, at now: Timestamp, emitting events: inout [RoomEvent]
    ) -> JoinOutcome? {
        clock.observe(now)
        guard let id = PositionID(returningFrom: missed) else { return nil }
        if let known = revisit(id) { return known }
        guard let entry = positions[missed], let missedAt = entry.missedTurn,
            returnDeadline(of: missedAt).map({ clock.now <= $0 }) ?? false
        else { return nil }
        let phase = phase
        guard phase == .preQueue || phase == .open else { return .closed(phase) }
        let isFree =
            mayAdmit && settings.status == .active && phase == .open && !isDrawing && line.count == 0 && freeSlots > 0
            && bucket.available(at: clock.now) > 0
        let position = QueuePosition(
            id: id, queueID: self.id, sequence: joinSequence + 1, priority: entry.key.priority, enqueuedAt: clock.now,
            userID: entry.userID, metadata: entry.metadata, status: .waiting,
            expiresAt: clock.now + settings.heartbeatTimeout)
        commit(.positionEnqueued(position, shuffleKey: 0), to: &events)
        if isFree { commit(.positionAdmitted(id, expiresAt: clock.now + settings.claimTimeout), to: &events) }
        return outcome(for: id)
    }

    /// Until when somebody who missed the turn at `time` may come back; nil: not at all.
    private func returnDeadline(of time: Timestamp) -> Timestamp? {
        settings.missedTurnGrace.count > 0 ? time + settings.missedTurnGrace : nil
    }
}

extension Entry {
    /// When an admission of this position ran out unclaimed; nil if none did.
    var missedTurn: Timestamp? {
        guard status == .expired, case .ended(let ending) = phase, let admission = ending.admission,
            admission.session == nil
        else { return nil }
        return ending.time
    }
}
