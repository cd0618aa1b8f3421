/// What an operator does to a room. The events say who it was.
extension Room {
    /// Puts these over the configured limits instead of what was there; empty ones leave the configured limits. Nothing
    /// happens if they are there already. O(1).
    package mutating func override(
        _ overrides: RoomOverrides, by actor: OperatorName, at now: Timestamp, emitting events: inout [RoomEvent]
    ) {
        clock.observe(now)
        guard overrides != self.overrides?.values ?? RoomOverrides() else { return }
        commit(.roomOverridden(overrides, by: actor), to: &events)
    }

    /// Admits the first n = min(count, free slots, waiting) at once, beyond the rate, which they do not use up, and in a
    /// room that is paused. Whom an admission step would pass over, because the shuffle window is still open, this passes
    /// over too. O(n log waiting).
    package mutating func admitNow(
        _ count: Int, by actor: OperatorName, at now: Timestamp, using generator: inout some RandomNumberGenerator,
        emitting events: inout [RoomEvent]
    ) -> GrantOutcome {
        advance(at: now, using: &generator, emitting: &events)
        guard settings.status != .maintenance else { return .refused(.maintenance) }
        guard phase == .open else { return .refused(.phase(phase)) }
        let batch = nextBatch(of: min(count, freeSlots, line.count))
        guard !batch.isEmpty else { return .admitted([]) }
        commit(.admissionGranted(batch.count, by: actor), to: &events)
        return .admitted(admit(batch, emitting: &events))
    }

    /// Puts somebody who waits elsewhere in the line; it counts as no sign of life. Nil if unknown; else the place after
    /// the step, unchanged where the position does not wait. O(log n).
    package mutating func move(
        _ id: PositionID, to target: MoveTarget, by actor: OperatorName, at now: Timestamp,
        emitting events: inout [RoomEvent]
    ) -> Place? {
        clock.observe(now)
        if let entry = positions[id], entry.status == .waiting, entry.key.moved(to: target) != entry.key {
            commit(.positionMoved(id, to: target, by: actor), to: &events)
        }
        return place(of: id)
    }

    /// Takes a waiting position out of the line, or the slot from an admitted one. Nil if unknown; else the place after the
    /// step, unchanged where the position was neither waiting nor admitted. O(log n).
    package mutating func terminate(
        _ id: PositionID, by actor: OperatorName, at now: Timestamp, emitting events: inout [RoomEvent]
    ) -> Place? {
        clock.observe(now)
        switch positions.read(id, \.status) {
        case .waiting, .admitted: commit(.positionTerminated(id, by: actor), to: &events)
        case .active, .expired, .left, .completed, .terminated, .moved, nil: break
        }
        return place(of: id)
    }

    /// Ends at most `limit` of those who joined up to and with the join `sequence`; nil: all who have joined by now.
    /// O(waiting + sessions).
    package mutating func drain(
        _ scope: DrainScope, until sequence: UInt64?, by actor: OperatorName, at now: Timestamp,
        limit: Int = DrainReport.limit, emitting events: inout [RoomEvent]
    ) -> DrainReport {
        clock.observe(now)
        let until = min(sequence ?? joinSequence, joinSequence)
        var found = 0
        var changes: [RoomEvent.Change] = []
        if scope.includesLine {
            line.forEach { member in
                guard member.key.sequence <= until else { return }
                found += 1
                if changes.count < limit { changes.append(.positionTerminated(member.id, by: actor)) }
            }
        }
        if scope.includesSessions {
            positions.forEach { position, entry in
                guard entry.holdsSlot, entry.key.sequence <= until else { return }
                found += 1
                if changes.count < limit { changes.append(.sessionTerminated(SessionID(of: position), by: actor)) }
            }
        }
        for change in changes { commit(change, to: &events) }
        return DrainReport(ended: changes.count, remaining: found - changes.count, until: until)
    }

    mutating func move(_ id: PositionID, to target: MoveTarget) {
        guard let entry = positions[id], entry.status == .waiting else { return }
        let key = entry.key.moved(to: target)
        line.remove(entry.key)
        line.insert(Line.Member(key: key, id: id))
        _ = positions.update(id) { $0.key = key }
    }

    /// Whether the event is an admission that an operator granted; if not, no others follow.
    mutating func takeGrant(for event: RoomEvent) -> Bool {
        guard case .positionAdmitted = event.change, let grant, grant.time == event.time, grant.left > 0 else {
            grant = nil
            return false
        }
        self.grant?.left = grant.left - 1
        return true
    }
}

extension Entry {
    fileprivate var holdsSlot: Bool {
        switch status {
        case .admitted, .active: true
        case .waiting, .expired, .left, .completed, .terminated, .moved: false
        }
    }
}
