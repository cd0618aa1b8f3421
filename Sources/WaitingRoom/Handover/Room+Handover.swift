/// What became of the wish to move a place to another device.
package enum HandoverOffer: Hashable, Sendable {
    /// The code is good until then.
    case offered(until: Timestamp)
    /// Too many codes are out; later there is room again.
    case crowded
    /// The place is used or has ended.
    case over(PositionStatus)
    case unknown
}

/// What became of a code that somebody brought.
package enum HandoverOutcome: Hashable, Sendable {
    /// The caller has the place now, under a position of its own; the one before is `moved`.
    case moved(Place)
    /// There is no such code (any more).
    case wrong
    /// The code is right, but its place is used or has ended.
    case over(PositionStatus)
    /// Too many codes were wrong lately: this one was not looked at.
    case crowded(retryAfter: Milliseconds)
}

extension Room {
    /// Makes a code known by which a waiting place, or a slot that is not used yet, may move to another device. The place's
    /// earlier code is good no more. O(1).
    package mutating func offer(_ id: PositionID, under code: HandoverDigest, at now: Timestamp) -> HandoverOffer {
        clock.observe(now)
        guard let status = positions[id]?.status else { return .unknown }
        guard status.mayMove else { return .over(status) }
        return handovers.add(code, of: id, at: clock.now).map { .offered(until: $0) } ?? .crowded
    }

    /// Gives the place of a code to a new position: the same turn, the same join. A repeated call of the same position finds
    /// what the first one made, for as long as the code would have been good. O(log n).
    /// - `id`: its bits are the gate's; that it stands for a return or not, it has from the place.
    package mutating func takeOver(
        with code: HandoverDigest, as id: PositionID, at now: Timestamp, emitting events: inout [RoomEvent]
    ) -> HandoverOutcome {
        clock.observe(now)
        if let rest = handovers.rest(at: clock.now) { return .crowded(retryAfter: rest) }
        guard let offer = handovers.offer(code, at: clock.now), let entry = positions[offer.position] else {
            handovers.noteMistake(at: clock.now)
            return .wrong
        }
        let heir = id.succeeding(offer.position)
        if let taker = offer.taker {
            guard taker == heir, let place = place(of: heir) else { return .wrong }
            return .moved(place)
        }
        guard entry.status.mayMove else { return .over(entry.status) }
        guard positions[heir] == nil else { return .wrong }
        commit(.positionHandedOver(offer.position, to: heir), to: &events)
        handovers.take(code, by: heir)
        return place(of: heir).map(HandoverOutcome.moved) ?? .wrong
    }

    /// Puts one position in the place of another, which ends.
    mutating func handOver(_ old: PositionID, to heir: PositionID, at time: Timestamp) {
        guard var entry = positions[old] else { return }
        switch entry.status {
        case .waiting:
            line.remove(entry.key)
            line.insert(Line.Member(key: entry.key, id: heir))
            entry.renew(at: time)
            silence.note(heir, at: time)
        case .admitted:
            // Who has a slot has no longer to use it for having moved.
            claims.note(heir, at: entry.moment)
        case .active, .expired, .left, .completed, .terminated, .moved: return
        }
        positions[heir] = entry
        if let user = entry.userID, users[user] == old { users[user] = heir }
        guard let before = positions.update(old, { $0.end(as: .moved, at: time) }) else { return }
        remember(old, endedAt: time, afterAdmission: before != .waiting)
    }
}

extension PositionStatus {
    /// Whether its place may move to another device.
    package var mayMove: Bool { self == .waiting || self == .admitted }
}

extension PositionID {
    /// This id, as that of a position in the place of `old`: who came back after a missed turn stays one who did.
    func succeeding(_ old: PositionID) -> PositionID {
        guard isReturn != old.isReturn else { return self }
        return PositionID(bits: bits.version(old.isReturn ? 8 : 4))
    }
}
