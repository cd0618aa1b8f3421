import WaitingRoom

extension RoomEvent {
    /// An event from the words that a script wrote: kind, sequence, time, and what belongs to the kind; see
    /// docs/DRAGONFLYDB.md. Nil if it is none.
    init?(text: String, of room: RoomID) {
        let words = text.split(separator: " ")
        guard words.count >= 4, let sequence = UInt64(words[1]), let time = Timestamp(word: words[2]) else {
            return nil
        }
        func moment(_ index: Int) -> Timestamp? { index < words.count ? Timestamp(word: words[index]) : nil }
        guard words[0] != "r" else {
            let rest = text.split(separator: " ", maxSplits: 3)[3]
            guard let settings = RoomSettings(text: rest, of: room) else { return nil }
            self.init(sequence: sequence, time: time, room: room, change: .roomUpdated(settings))
            return
        }
        if words[0] == "d" || words[0] == "D" {
            guard words.count == 5, let seed = DrawSeed(hex: words[3]), let join = UInt64(words[4]) else { return nil }
            let start = DrawStart(commitment: seed.commitment, seed: seed, lastJoin: join)
            self.init(
                sequence: sequence, time: time, room: room,
                change: words[0] == "d" ? .drawStarted(start) : .drawRevealed(DrawEnd(seed: seed, lastJoin: join)))
            return
        }
        if words[0] == "o" || words[0] == "g" {
            guard let change = Change(ofRoom: words) else { return nil }
            self.init(sequence: sequence, time: time, room: room, change: change)
            return
        }
        guard let id = PositionID(hex: words[3]) else { return nil }
        let change: Change
        switch words[0] {
        case "e":
            guard (9...10).contains(words.count), let join = UInt64(words[4]), let priority = Int(words[5]),
                let expires = moment(6),
                let shuffleKey = UInt64(words[7], radix: 16)
            else { return nil }
            let particulars = Particulars(words[8])
            change = .positionEnqueued(
                QueuePosition(
                    id: id, queueID: room, sequence: join, priority: priority, enqueuedAt: time,
                    userID: particulars.userID, metadata: particulars.metadata,
                    addressDigest: words.count == 10 ? AddressDigest(words[9]) : nil, status: .waiting,
                    expiresAt: expires),
                shuffleKey: shuffleKey)
        case "a":
            guard let expires = moment(4) else { return nil }
            change = .positionAdmitted(id, expiresAt: expires)
        case "x": change = .positionExpired(id)
        case "l": change = .positionLeft(id)
        case "h":
            guard words.count == 5, let heir = PositionID(hex: words[4]) else { return nil }
            change = .positionHandedOver(id, to: heir)
        case "s":
            guard words.count == 8, let views = Int(words[4]), let expires = moment(5) else { return nil }
            change = .sessionStarted(
                Session(
                    id: SessionID(of: id), queueID: room, positionID: id, userID: Particulars(words[7]).userID,
                    client: Client(text: words[6]), startedAt: time, expiresAt: expires, lastSeen: time,
                    pageViews: views, status: .active))
        case "u":
            guard words.count == 8, let pass = PassID(hex: words[4]), let priority = Int(words[5]),
                let uses = Int(words[6]), let expires = moment(7)
            else { return nil }
            change = .passUsed(Pass(id: pass, priority: priority, uses: uses, expiresAt: expires), by: id)
        case "X": change = .sessionExpired(SessionID(of: id))
        case "C": change = .sessionCompleted(SessionID(of: id))
        case "T":
            let actor = words.count > 4 ? OperatorName(words[4]) : nil
            guard words.count == 4 || actor != nil else { return nil }
            change = .sessionTerminated(SessionID(of: id), by: actor)
        case "t":
            guard words.count == 5, let actor = OperatorName(words[4]) else { return nil }
            change = .positionTerminated(id, by: actor)
        case "m":
            guard words.count == 6, let target = MoveTarget(word: words[4]), let actor = OperatorName(words[5])
            else { return nil }
            change = .positionMoved(id, to: target, by: actor)
        default: return nil
        }
        self.init(sequence: sequence, time: time, room: room, change: change)
    }
}

extension RoomEvent.Change {
    /// What an operator did to a room, from the words of the event.
    fileprivate init?(ofRoom words: [Substring]) {
        if words[0] == "o" {
            guard let actor = OperatorName(words[3]), let overrides = RoomOverrides(words: words.dropFirst(4)) else {
                return nil
            }
            self = .roomOverridden(overrides, by: actor)
        } else {
            guard words.count == 5, let count = Int(words[3]), let actor = OperatorName(words[4]) else { return nil }
            self = .admissionGranted(count, by: actor)
        }
    }
}

extension MoveTarget {
    /// As events and the script `move` have it.
    var word: String {
        switch self {
        case .front: "front"
        case .priority(let priority): "\(priority)"
        }
    }

    init?(word: some StringProtocol) {
        if word == "front" {
            self = .front
        } else if let priority = Int(word) {
            self = .priority(priority)
        } else {
            return nil
        }
    }
}

extension Timestamp {
    init?(word: some StringProtocol) {
        guard let milliseconds = Int64(word) else { return nil }
        self.init(milliseconds: milliseconds)
    }
}
