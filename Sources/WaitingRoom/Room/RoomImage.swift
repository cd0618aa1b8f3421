/// A room without its positions, as a snapshot keeps it.
package struct RoomImage: Hashable, Sendable {
    /// As they are configured.
    package var settings: RoomSettings
    package var adapted: AdaptedRate?
    package var overrides: StandingOverrides?
    package var createdAt: Timestamp
    package var updatedAt: Timestamp
    package var eventSequence: UInt64
    package var joinSequence: UInt64
    package var totals: RoomTotals
    package var windowEpoch: Timestamp
    package var draw: Draw?
    /// The rate bucket, in 1/`per` of an admission, at `bucketTime`.
    package var bucketFill: Int64
    package var bucketTime: Timestamp
    /// Room time.
    package var time: Timestamp

    package init(
        settings: RoomSettings, adapted: AdaptedRate? = nil, overrides: StandingOverrides? = nil,
        createdAt: Timestamp, updatedAt: Timestamp,
        eventSequence: UInt64, joinSequence: UInt64, totals: RoomTotals, windowEpoch: Timestamp, draw: Draw? = nil,
        bucketFill: Int64, bucketTime: Timestamp, time: Timestamp
    ) {
        self.settings = settings
        self.adapted = adapted
        self.overrides = overrides
        self.createdAt = createdAt
        self.updatedAt = updatedAt
        self.eventSequence = eventSequence
        self.joinSequence = joinSequence
        self.totals = totals
        self.windowEpoch = windowEpoch
        self.draw = draw
        self.bucketFill = bucketFill
        self.bucketTime = bucketTime
        self.time = time
    }
}

/// A position of whichever state, as a snapshot keeps it.
package struct PositionImage: Hashable, Sendable {
    package var position: QueuePosition
    /// When its shuffle window began; `.min` for one that stands before those of all windows.
    package var window: Timestamp
    package var shuffleKey: UInt64
    /// When its present state began (or, waiting, its last sign of life).
    package var since: Timestamp
    /// When an ended position had been admitted, if it had been.
    package var admittedAt: Timestamp?
    /// Started and perhaps ended.
    package var session: Session?

    package init(
        position: QueuePosition, window: Timestamp, shuffleKey: UInt64, since: Timestamp,
        admittedAt: Timestamp? = nil, session: Session? = nil
    ) {
        self.position = position
        self.window = window
        self.shuffleKey = shuffleKey
        self.since = since
        self.admittedAt = admittedAt
        self.session = session
    }

    /// Whether it stood, or stands, before all others of its priority.
    package var isInFront: Bool { window == Timestamp(milliseconds: .min) }
}

extension Room {
    package var image: RoomImage {
        RoomImage(
            settings: configured, adapted: adapted, overrides: overrides, createdAt: createdAt, updatedAt: updatedAt,
            eventSequence: eventSequence, joinSequence: joinSequence, totals: totals, windowEpoch: windowEpoch,
            draw: draw, bucketFill: bucket.fill, bucketTime: bucket.time, time: clock.now)
    }

    /// Every position that the room knows; those in line first, front to back. O(n).
    package func forEachPosition(_ body: (PositionImage) -> Void) {
        line.forEach { member in
            if let entry = positions[member.id] { body(image(of: member.id, entry)) }
        }
        positions.forEach { id, entry in
            if entry.status == .waiting { return }
            body(image(of: id, entry))
        }
    }

    /// The same, those in line by their join order whatever their priorities: so whoever is raised later stands right among
    /// those of the new priority. O(n) where all have one priority, else O(n log n).
    package func forEachPositionByJoin(_ body: (PositionImage) -> Void) {
        var members: [Line.Member] = []
        members.reserveCapacity(line.count)
        line.forEach { members.append($0) }
        if members.first?.key.priority != members.last?.key.priority {
            members.sort { $0.key.joinsBefore($1.key) }
        }
        for member in members {
            if let entry = positions[member.id] { body(image(of: member.id, entry)) }
        }
        positions.forEach { id, entry in
            if entry.status == .waiting { return }
            body(image(of: id, entry))
        }
    }

    private func image(of id: PositionID, _ entry: Entry) -> PositionImage {
        var address: AddressDigest?
        if entry.status == .waiting { address = entry.address.digest }
        var image = PositionImage(
            position: position(id, entry, addressDigest: address), window: entry.key.window,
            shuffleKey: entry.key.shuffleKey, since: entry.enqueuedAt)
        switch entry.phase {
        case .waiting(let lastSign):
            image.since = lastSign
        case .admitted(let since):
            image.since = since
        case .active(let active):
            image.since = active.startedAt
            image.session = session(SessionID(of: id))
        case .ended(let ending):
            image.since = ending.time
            image.admittedAt = ending.admission?.since
            if ending.admission?.session != nil { image.session = session(SessionID(of: id)) }
        }
        return image
    }

    /// The room of a snapshot; its positions follow by `restore`, then `recover(at:)`.
    package init(restoring image: RoomImage) {
        var events: [RoomEvent] = []
        self.init(opening: image.settings, at: image.createdAt, emitting: &events)
        adapted = image.adapted
        overrides = image.overrides
        settings = configured.inForce(adapted: adapted, under: overrides)
        updatedAt = image.updatedAt
        eventSequence = image.eventSequence
        joinSequence = image.joinSequence
        totals = image.totals
        windowEpoch = image.windowEpoch
        draw = image.draw
        bucket = RateBucket(
            rate: settings.queueRate, interval: settings.admissionInterval, fill: image.bucketFill,
            time: image.bucketTime)
        clock = RoomClock(wall: image.time, floor: image.time)
    }

    /// Puts one position of a snapshot back. False if it contradicts itself or the positions before it. O(log n).
    package mutating func restore(_ image: PositionImage) -> Bool {
        let position = image.position
        guard positions[position.id] == nil, position.queueID == id, position.sequence <= joinSequence else {
            return false
        }
        let key = LineKey(
            priority: position.priority, window: image.window, shuffleKey: image.shuffleKey,
            sequence: position.sequence)
        let active = image.session.map { session in
            Entry.ActiveSession(
                client: session.client, startedAt: session.startedAt, lastSeen: session.lastSeen,
                pageViews: session.pageViews)
        }
        let phase: Entry.Phase
        switch position.status {
        case .waiting:
            phase = .waiting(lastSign: image.since)
            line.insert(Line.Member(key: key, id: position.id))
            if let address = position.addressDigest { addresses.add(address) }
        case .admitted:
            phase = .admitted(since: image.since)
            admitted += 1
        case .active:
            guard let active else { return false }
            phase = .active(active)
            activeSessions += 1
        case .expired, .left, .completed, .terminated, .moved:
            let admission = image.admittedAt.map { Entry.EndedAdmission(since: $0, session: active) }
            phase = .ended(Entry.Ending(status: position.status, time: image.since, admission: admission))
            remember(position.id, endedAt: image.since, afterAdmission: admission != nil)
        }
        // The one that is held, of several that are remembered.
        if let user = position.userID, !position.status.isFinal || users[user] == nil { users[user] = position.id }
        positions[position.id] = Entry(
            key: key, enqueuedAt: position.enqueuedAt,
            userID: position.userID, metadata: position.metadata, phase: phase,
            address: Entry.Address(position.addressDigest))
        return true
    }
}
