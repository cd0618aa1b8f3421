package import WaitingRoom

/// What became of one position, told from the events of its room alone: for whoever has to explain it to the visitor.
///
/// The room is replayed, so every number is what the line was at that event. Moves are put together: a line is told when
/// the place has halved, or five minutes have passed. O(log n) an event.
package struct PositionAccount: Sendable {
    package struct Entry: Hashable, Sendable {
        package let time: Timestamp
        /// Of the event.
        package let sequence: UInt64
        package let kind: String
        package let text: String
        /// 1 is the front; 0 where the position does not wait.
        package let place: Int
    }

    private static let pause = Milliseconds.minutes(5)

    package private(set) var entries: [Entry] = []
    /// The position, or with which it came back after a missed turn or went on on another device.
    package private(set) var position: PositionID
    private var room: Room?
    private var told: (place: Int, time: Timestamp)?
    private var moves = Moves()
    private var waits = Waits()
    /// Who granted the admissions that follow, and how many those are.
    private var granting: (actor: OperatorName, left: Int)?

    /// What happened in the line since the last entry.
    private struct Moves {
        var admitted = 0
        var gone = 0
        var overtaking = 0
        var putBefore = 0
        var putBehind = 0

        var isEmpty: Bool { admitted + gone + overtaking + putBefore + putBehind == 0 }
    }

    /// How long the position waited, and what kept the line from moving meanwhile.
    private struct Waits {
        var since: Timestamp?
        var total = Milliseconds(0)
        var paused = Milliseconds(0)
        var full = Milliseconds(0)
    }

    /// - Parameter room: as a snapshot has it, with the events before the first one; nil where that is the room's first.
    package init(of position: PositionID, in room: Room? = nil) {
        self.position = position
        self.room = room
        guard let room, let place = room.place(of: position) else { return }
        let known = place.position
        tell(
            "snapshot", at: room.image.time, room.eventSequence,
            "The record begins here. It had joined at \(known.enqueuedAt.clock) as number \(known.sequence) and was "
                + (known.status == .waiting ? "waiting at place \(place.rank)." : "\(known.status.rawValue)."))
        if known.status == .waiting { waits.since = room.image.time }
    }

    /// Whether any event was about the position.
    package var isKnown: Bool { !entries.isEmpty }

    /// Takes the room's next event.
    /// - Throws: `InvalidEvent` where it cannot follow those before it.
    package mutating func observe(_ event: RoomEvent) throws(InvalidEvent) {
        let before = room?.place(of: position)
        passTime(to: event.time, before)
        let settings = room?.settings
        if room == nil { room = Room(replaying: event) } else { try room?.replay(event) }
        guard let room else { return }
        let after = room.place(of: position)
        defer { passGrant(event) }
        if case .positionEnqueued(let joined, _) = event.change, joined.id == PositionID(returningFrom: position) {
            position = joined.id
            return tellReturn(joined, event, room)
        }
        if case .positionHandedOver(let id, let heir) = event.change, id == position || heir == position {
            return tellHandover(from: id, to: heir, event, room)
        }
        if before?.position.status != after?.position.status { return tellChange(event, before, after) }
        guard let after, after.position.status == .waiting else { return tellEnd(event, after) }
        if let before, tellOwn(event, before, after) { return }
        note(event, before?.rank ?? 0, after.rank)
        if let told, after.rank > 0, after.rank * 2 <= told.place || event.time - told.time >= Self.pause {
            tellMoves(at: event, to: after.rank)
        }
        if let settings { tellSettings(event, settings, room.settings, at: after.rank) }
    }

    /// The whole in one sentence.
    package var summary: String {
        guard let place = room?.place(of: position) else {
            return isKnown
                ? "It has ended, more than ten minutes before the end of the record." : "The record does not know it."
        }
        var parts = [
            "Number \(place.position.sequence), \(place.position.status.rawValue)",
            place.position.status == .waiting ? "place \(place.rank) of \(place.totalWaiting)" : "",
            "waited \(waits.total.words)",
        ]
        if waits.paused.count > 0 { parts.append("\(waits.paused.words) of it while the room was paused") }
        if waits.full.count > 0 { parts.append("\(waits.full.words) of it while no slot was free") }
        return parts.filter { !$0.isEmpty }.joined(separator: ", ") + "."
    }

    // MARK: Telling

    private mutating func tell(_ kind: String, at time: Timestamp, _ sequence: UInt64, _ text: String) {
        let place = room?.place(of: position)?.rank ?? 0
        entries.append(Entry(time: time, sequence: sequence, kind: kind, text: text, place: place))
        told = (place, time)
        moves = Moves()
    }

    private mutating func tell(_ kind: String, _ event: RoomEvent, _ text: String) {
        tell(kind, at: event.time, event.sequence, text)
    }

    private mutating func tellMoves(at event: RoomEvent, to place: Int) {
        guard let told, !moves.isEmpty else { return }
        var parts: [String] = []
        if moves.admitted > 0 { parts.append("\(moves.admitted) let in") }
        if moves.gone > 0 { parts.append("\(moves.gone) before it gone") }
        if moves.overtaking > 0 { parts.append("\(moves.overtaking) of higher priority came before it") }
        if moves.putBefore > 0 { parts.append("\(moves.putBefore) put before it by operators") }
        if moves.putBehind > 0 { parts.append("\(moves.putBehind) put behind it by operators") }
        tell("moved", event, "From place \(told.place) to \(place): \(parts.joined(separator: ", ")).")
    }

    private mutating func tellReturn(_ joined: QueuePosition, _ event: RoomEvent, _ room: Room) {
        let place = room.place(of: joined.id)?.rank ?? 0
        waits.since = event.time
        tell(
            "position.enqueued", event,
            "It came back in time after the missed turn, as position \(joined.id), number \(joined.sequence), with "
                + "\(max(0, place - 1)) before it.")
    }

    private mutating func tellHandover(
        from id: PositionID, to heir: PositionID, _ event: RoomEvent, _ room: Room
    ) {
        let place = room.place(of: heir)
        let isWaiting = place?.position.status == .waiting
        let rank = place?.rank ?? 0
        let standing = isWaiting ? rank > 0 ? "at place \(rank)" : "the place yet to be drawn" : "let in"
        if id == position {
            tellMoves(at: event, to: rank)
            position = heir
            tell(
                "position.handed_over", event,
                "The visitor went on on another device, as position \(heir), \(standing).")
        } else {
            if isWaiting { waits.since = event.time }
            tell(
                "position.handed_over", event,
                "Came from another device with the place of position \(id): number "
                    + "\(place?.position.sequence ?? 0), \(standing). What was before, that position's account tells.")
        }
    }

    private mutating func tellChange(_ event: RoomEvent, _ before: Place?, _ after: Place?) {
        if after?.position.status == .waiting {
            waits.since = event.time
        } else if before?.position.status == .waiting {
            tellMoves(at: event, to: before?.rank ?? 0)
            waits.since = nil
        }
        switch event.change {
        case .positionEnqueued(let joined, _):
            let rank = after?.rank ?? 0
            tell(
                "position.enqueued", event,
                "Joined as number \(joined.sequence) "
                    + (rank > 0 ? "with \(rank - 1) before it" : "before the opening: the place is drawn")
                    + (joined.priority == 0 ? "" : ", priority \(joined.priority)")
                    + (joined.id.isReturn ? ", back after a missed turn." : "."))
        case .positionAdmitted(_, let expiresAt):
            tell(
                "position.admitted", event,
                "Let in after \(waits.total.words)"
                    + (granting.map { " by the operator \($0.actor), beyond the rate" } ?? "")
                    + "; the slot was held until \(expiresAt.clock).")
        case .positionExpired:
            let wasWaiting = before?.position.status == .waiting
            tell(
                "position.expired", event,
                wasWaiting
                    ? "Removed: no sign of life for heartbeat_timeout."
                    : "Nobody came for claim_timeout: the slot went on.")
        case .positionTerminated(_, let actor):
            let wasWaiting = before?.position.status == .waiting
            tell(
                "position.terminated", event,
                (wasWaiting ? "Taken out of the line" : "The slot was taken away") + " by the operator \(actor).")
        case .positionLeft: tell("position.left", event, "Left, by the visitor's own wish.")
        case .sessionStarted(let session):
            tell("session.started", event, "First request: the session began, to \(session.expiresAt.clock) at least.")
        default: tellEnd(event, after)
        }
    }

    private mutating func tellEnd(_ event: RoomEvent, _ place: Place?) {
        let session = SessionID(of: position)
        switch event.change {
        case .sessionExpired(session):
            tell("session.expired", event, "The session ended: no request for session_timeout.")
        case .sessionCompleted(session): tell("session.completed", event, "The session was completed.")
        case .sessionTerminated(session, let actor):
            let ender = actor.map { "the operator \($0)" } ?? "the site"
            tell("session.terminated", event, "The session was ended by \(ender).")
        default: break
        }
    }

    /// What is done to the position while it waits. False if the event is about others.
    private mutating func tellOwn(_ event: RoomEvent, _ before: Place, _ after: Place) -> Bool {
        let (kind, text): (String, String)
        switch event.change {
        case .positionMoved(position, .front, let actor):
            kind = "position.moved"
            text = "Put before the others of its priority by the operator \(actor)"
        case .positionMoved(position, .priority(let priority), let actor):
            kind = "position.moved"
            text = "Put into priority \(priority) by the operator \(actor)"
        case .passUsed(let pass, position):
            kind = "pass.used"
            text =
                after.position.priority == before.position.priority
                ? "A pass was used for it" : "A pass moved it up to priority \(pass.priority)"
        case .drawRevealed where before.rank == 0:
            moves = Moves()
            tell("draw.revealed", event, "The draw was revealed: place \(after.rank) of \(after.totalWaiting).")
            return true
        default: return false
        }
        tellMoves(at: event, to: before.rank)
        let isElsewhere = before.rank != after.rank && before.rank > 0
        tell(
            kind, event,
            text + (isElsewhere ? ": from place \(before.rank) to \(after.rank)." : "."))
        return true
    }

    private mutating func tellSettings(
        _ event: RoomEvent, _ old: RoomSettings, _ new: RoomSettings, at place: Int
    ) {
        let (kind, beginning): (String, String)
        switch event.change {
        case .roomUpdated:
            kind = "room.updated"
            beginning = "The room was changed"
        case .roomOverridden(let overrides, let actor):
            kind = "room.overridden"
            beginning =
                overrides.isEmpty
                ? "The operator \(actor) took back what operators had set" : "The operator \(actor) changed the room"
        default: return
        }
        tellMoves(at: event, to: place)
        let changes = Self.differences(old, new)
        if !changes.isEmpty { tell(kind, event, "\(beginning): \(changes).") }
    }

    private mutating func passGrant(_ event: RoomEvent) {
        switch event.change {
        case .admissionGranted(let count, let actor): granting = (actor, count)
        case .positionAdmitted:
            granting?.left -= 1
            if granting?.left == 0 { granting = nil }
        default: granting = nil
        }
    }

    // MARK: The line

    private mutating func note(_ event: RoomEvent, _ before: Int, _ after: Int) {
        switch event.change {
        case .positionAdmitted: moves.admitted += 1
        case .positionExpired, .positionLeft, .positionTerminated: if after < before { moves.gone += 1 }
        case .positionMoved:
            if after > before, before > 0 { moves.putBefore += 1 }
            if after < before { moves.putBehind += 1 }
        default: if after > before, before > 0 { moves.overtaking += 1 }
        }
    }

    private mutating func passTime(to time: Timestamp, _ place: Place?) {
        guard let since = waits.since, let room, place?.position.status == .waiting else { return }
        let passed = time - since
        waits.since = time
        waits.total.count += passed.count
        if room.settings.status == .paused {
            waits.paused.count += passed.count
        } else if room.admitted + room.activeSessions >= room.settings.maxActiveUsers {
            waits.full.count += passed.count
        }
    }

    private static func differences(_ old: RoomSettings, _ new: RoomSettings) -> String {
        func change<Value: Equatable>(_ name: String, _ path: KeyPath<RoomSettings, Value>) -> String? {
            let (before, after) = (old[keyPath: path], new[keyPath: path])
            return before == after ? nil : "\(name) from \(before) to \(after)"
        }
        let rate =
            old.queueRate == new.queueRate
            ? nil : "queue_rate from \(old.queueRate.perSecond) to \(new.queueRate.perSecond) a second"
        return [
            change("status", \.status.rawValue), change("max_active_users", \.maxActiveUsers), rate,
            change("max_queue_size", \.maxQueueSize), change("priority_share", \.priorityShare),
            change("heartbeat_timeout", \.heartbeatTimeout.seconds), change("claim_timeout", \.claimTimeout.seconds),
            change("session_timeout", \.sessionTimeout.seconds), change("shuffle_window", \.shuffleWindow.seconds),
        ].compactMap(\.self).joined(separator: ", ")
    }
}

extension Timestamp {
    /// RFC 3339 in whole seconds.
    package var clock: String { rfc3339.prefix(19) + "Z" }
}

extension Milliseconds {
    /// `1 h 2 min 3 s`, without the parts that are 0 at its beginning.
    fileprivate var words: String {
        let seconds = count / 1000
        let (hours, minutes) = (seconds / 3600, seconds / 60 % 60)
        if hours > 0 { return "\(hours) h \(minutes) min \(seconds % 60) s" }
        return minutes > 0 ? "\(minutes) min \(seconds % 60) s" : "\(seconds) s"
    }
}
