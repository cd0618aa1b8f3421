extension Room {
    /// Where a position stands; nil if it is unknown or its end forgotten. O(log n).
    @inline(__always)
    package func place(of id: PositionID) -> Place? {
        guard let entry = positions[id] else { return nil }
        var rank = 0
        if entry.status == .waiting, !isUndrawn(entry.key) { rank = line.countBefore(entry.key) + 1 }
        return Place(position: position(id, entry), rank: rank, totalWaiting: line.count, missedTurn: entry.missedTurn)
    }

    /// An admitted or active session, or one that has ended and is remembered. O(1).
    package func session(_ id: SessionID) -> Session? {
        guard let position = position(of: id), let entry = positions[position] else { return nil }
        switch entry.phase {
        case .waiting:
            return nil
        case .admitted(let since):
            return session(
                of: position, entry, since: since, expiresAt: since + settings.claimTimeout, status: .active)
        case .active(let active):
            return session(
                of: position, entry, since: active.startedAt,
                expiresAt: (idleSince(entry) ?? active.lastSeen) + settings.sessionTimeout,
                active: active, status: .active)
        case .ended(let ending):
            guard let admission = ending.admission else { return nil }
            return session(
                of: position, entry, since: admission.since, expiresAt: ending.time, active: admission.session,
                status: SessionStatus(endedAs: ending.status))
        }
    }

    /// The sessions, started or only admitted, that ended at `time` or later and are remembered.
    package func sessionsEnded(since time: Timestamp) -> [SessionID] {
        endedAfterAdmission.reminders(since: time).map { SessionID(of: $0.id) }
    }

    /// The position of a session, while it holds a slot or is remembered to have held one. O(1).
    @inline(__always)
    func position(of session: SessionID) -> PositionID? { positions.position(of: session) }

    /// From what moment a session's time-out runs; nil unless it goes on.
    @inline(__always)
    func idleSince(_ entry: Entry) -> Timestamp? { entry.idleSince(isRenewed: settings.sessionRenewal) }

    /// - Parameter addressDigest: for an image.
    @inline(__always)
    func position(_ id: PositionID, _ entry: Entry, addressDigest: AddressDigest? = nil) -> QueuePosition {
        let expiresAt =
            switch entry.status {
            case .waiting: entry.moment + settings.heartbeatTimeout
            case .admitted: entry.moment + settings.claimTimeout
            case .active: (idleSince(entry) ?? entry.moment) + settings.sessionTimeout
            case .expired, .left, .completed, .terminated, .moved: entry.moment
            }
        return QueuePosition(
            id: id, queueID: self.id, sequence: entry.key.sequence, priority: entry.key.priority,
            enqueuedAt: entry.enqueuedAt, userID: entry.userID,
            metadata: entry.metadata, addressDigest: addressDigest, status: entry.status,
            expiresAt: expiresAt)
    }

    private func session(
        of position: PositionID, _ entry: Entry, since: Timestamp, expiresAt: Timestamp,
        active: Entry.ActiveSession? = nil, status: SessionStatus
    ) -> Session {
        Session(
            id: SessionID(of: position), queueID: id, positionID: position, userID: entry.userID,
            client: active?.client ?? Client(address: "", userAgent: ""), startedAt: since, expiresAt: expiresAt,
            lastSeen: active?.lastSeen ?? since, pageViews: active?.pageViews ?? 0, status: status)
    }
}

extension ShardedTable<PositionID, Entry> {
    fileprivate func position(of session: SessionID) -> PositionID? {
        session.firstPosition { read($0, \.hasHeldSlot) ?? false }
    }
}

extension SessionStatus {
    /// What a position's final state says of its session: a slot that was given back unused is `completed`, and so is one
    /// that went on to another device.
    init(endedAs status: PositionStatus) {
        self =
            switch status {
            case .expired: .expired
            case .terminated: .terminated
            case .waiting, .admitted, .active, .left, .completed, .moved: .completed
            }
    }
}
