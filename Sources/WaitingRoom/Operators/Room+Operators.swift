/// What an operator does to a room. The events say who it was.
extension Room {
    /// Changes what is over the configured limits. Nothing happens if it is so already. O(1).
    package mutating func override(
        _ changes: RoomOverrides.Changes, by actor: OperatorName, at now: Timestamp, emitting events: inout [RoomEvent]
    ) {
        clock.observe(now)
        let standing = self.overrides?.values ?? RoomOverrides()
        var overrides = standing
        overrides.apply(changes)
        guard overrides != standing else { return }
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
    /// O(limit log n) in the line, where those who joined later and stand before the others are looked at too; sessions
    /// are found by one walk through all places in all steps together.
    package mutating func drain(
        _ scope: DrainScope, until sequence: UInt64?, by actor: OperatorName, at now: Timestamp,
        limit: Int = DrainReport.limit, emitting events: inout [RoomEvent]
    ) -> DrainReport {
        clock.observe(now)
        let until = min(sequence ?? joinSequence, joinSequence)
        let batch = nextDrain(scope, until: until, by: actor, limit: limit)
        for change in batch.changes { commit(change, to: &events) }
        let inScope = (scope.includesLine ? waiting : 0) + (scope.includesSessions ? admitted + activeSessions : 0)
        // Of those who joined later nobody knows without a look how many are in scope.
        let later = Int(clamping: joinSequence - until)
        let remaining = batch.isLast ? 0 : later == 0 ? inScope : max(1, inScope - later)
        return DrainReport(ended: batch.changes.count, remaining: remaining, until: until)
    }

    /// Whom the next step of a drain ends.
    mutating func nextDrain(_ scope: DrainScope, until: UInt64, by actor: OperatorName, limit: Int) -> DrainBatch {
        var batch = DrainBatch(until: until, limit: limit)
        if scope.includesLine {
            batch.isLast = line.walk { member in
                batch.look(at: member.key.sequence, .positionTerminated(member.id, by: actor))
            }
        }
        guard scope.includesSessions, batch.isLast else { return batch }
        var seen = 0
        for _ in 0..<TableParts.count where seen < admitted + activeSessions {
            var isWhole = true
            positions.forEach(inPart: drainedPart) { position, entry in
                guard isWhole else { return }
                if entry.holdsSlot { seen += 1 }
                isWhole = batch.look(
                    at: entry.key.sequence, isInScope: entry.holdsSlot,
                    .sessionTerminated(SessionID(of: position), by: actor))
            }
            guard isWhole else {
                batch.isLast = false
                return batch
            }
            drainedPart = (drainedPart + 1) % Int(TableParts.count)
        }
        return batch
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
