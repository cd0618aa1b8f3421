import QueueStore
import WaitingRoom

/// The time-outs of a room, as the script `look` tells them.
struct RoomTimeouts: Hashable, Sendable {
    let heartbeat: Milliseconds
    let claim: Milliseconds
    let session: Milliseconds
    let renewal: Bool
}

/// One position as the store keeps it.
struct KnownPosition: Hashable, Sendable {
    private struct Activity: Hashable, Sendable {
        let lastSeen: Timestamp
        let pageViews: Int
        let client: Client
    }

    let id: PositionID
    let status: PositionStatus
    /// Nil in a shuffle window, in which the order is another.
    let point: JoinPoint?
    /// Whether it stands before the others of its priority, for having come back or because an operator put it there.
    let isInFront: Bool
    private let sequence: UInt64
    private let rank: Int
    private let priority: Int
    private let enqueuedAt: Timestamp
    /// Of the present state; of one who waits, the last sign of life.
    private let since: Timestamp
    private let particulars: Particulars
    private let activity: Activity?
    private let admittedAt: Timestamp?

    /// - Throws: `corrupt` if `reply` is not what `look` answers for one position.
    init(_ reply: [Reply]) throws(StoreError) {
        let damaged = StoreError(.corrupt, "the store holds a position that cannot be read")
        guard reply.count == 8, let record = reply[0].text.map({ Array($0.utf8) }), record.count == 60,
            let sequence = reply[1].text.flatMap({ UInt64($0) }), let rank = reply[2].integer
        else { throw damaged }
        func word(_ range: Range<Int>) -> String { String(decoding: record[range], as: UTF8.self) }
        guard let id = PositionID(hex: word(0..<32)), let enqueuedAt = Timestamp(word: word(32..<45)),
            let status = PositionStatus(letter: record[46]), let since = Timestamp(word: word(47..<60))
        else { throw damaged }
        self.id = id
        isInFront = id.isReturn || record[45] == UInt8(ascii: "2")
        self.sequence = sequence
        self.rank = rank
        self.enqueuedAt = enqueuedAt
        self.status = status
        self.since = since
        let brought = reply[3].text?.split(separator: " ") ?? []
        priority = brought.first.flatMap { Int($0) } ?? 0
        particulars = Particulars(brought.count == 3 ? brought[2] : "-")
        let seen = reply[4].text?.split(separator: " ") ?? []
        if seen.count == 3, let lastSeen = Timestamp(word: seen[0]), let views = Int(seen[1]) {
            activity = Activity(lastSeen: lastSeen, pageViews: views, client: Client(text: seen[2]))
        } else {
            activity = nil
        }
        if let block = reply[6].integer, let offset = reply[7].integer {
            point = JoinPoint(block: block, offset: offset)
        } else {
            point = nil
        }
        admittedAt = reply[5].text.flatMap { Timestamp(word: $0) }
    }

    func place(in room: RoomID, waiting: Int, timeouts: RoomTimeouts) -> Place {
        let expiresAt =
            switch status {
            case .waiting: since + timeouts.heartbeat
            case .admitted: since + timeouts.claim
            case .active: idleSince(timeouts) + timeouts.session
            case .expired, .left, .completed, .terminated, .moved: since
            }
        let position = QueuePosition(
            id: id, queueID: room, sequence: sequence, priority: priority, enqueuedAt: enqueuedAt,
            userID: particulars.userID, metadata: particulars.metadata, status: status, expiresAt: expiresAt)
        let missedTurn = status == .expired && admittedAt != nil && activity == nil ? since : nil
        return Place(position: position, rank: rank, totalWaiting: waiting, missedTurn: missedTurn)
    }

    /// Nil if it never held a slot.
    func session(in room: RoomID, timeouts: RoomTimeouts) -> Session? {
        let startedAt: Timestamp
        let expiresAt: Timestamp
        let sessionStatus: SessionStatus
        switch status {
        case .waiting: return nil
        case .admitted: (startedAt, expiresAt, sessionStatus) = (since, since + timeouts.claim, .active)
        case .active: (startedAt, expiresAt, sessionStatus) = (since, idleSince(timeouts) + timeouts.session, .active)
        case .expired, .left, .completed, .terminated, .moved:
            guard let admittedAt else { return nil }
            (startedAt, expiresAt) = (admittedAt, since)
            sessionStatus = status == .expired ? .expired : status == .terminated ? .terminated : .completed
        }
        return Session(
            id: SessionID(of: id), queueID: room, positionID: id, userID: particulars.userID,
            client: activity?.client ?? Client(address: "", userAgent: ""), startedAt: startedAt, expiresAt: expiresAt,
            lastSeen: activity?.lastSeen ?? startedAt, pageViews: activity?.pageViews ?? 0, status: sessionStatus)
    }

    private func idleSince(_ timeouts: RoomTimeouts) -> Timestamp {
        timeouts.renewal ? activity?.lastSeen ?? since : since
    }
}

extension PositionStatus {
    /// As records write it; final states in capitals where a slot had been held.
    init?(letter: UInt8) {
        switch letter {
        case UInt8(ascii: "w"): self = .waiting
        case UInt8(ascii: "a"): self = .admitted
        case UInt8(ascii: "s"): self = .active
        case UInt8(ascii: "e"), UInt8(ascii: "E"): self = .expired
        case UInt8(ascii: "l"), UInt8(ascii: "L"): self = .left
        case UInt8(ascii: "C"): self = .completed
        case UInt8(ascii: "t"), UInt8(ascii: "T"): self = .terminated
        case UInt8(ascii: "m"), UInt8(ascii: "M"): self = .moved
        default: return nil
        }
    }

    func letter(afterAdmission: Bool) -> String {
        switch self {
        case .waiting: "w"
        case .admitted: "a"
        case .active: "s"
        case .expired: afterAdmission ? "E" : "e"
        case .left: afterAdmission ? "L" : "l"
        case .completed: "C"
        case .terminated: afterAdmission ? "T" : "t"
        case .moved: afterAdmission ? "M" : "m"
        }
    }
}
