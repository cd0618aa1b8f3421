/// Why an event cannot follow the history before it.
package struct InvalidEvent: Error, Hashable, Sendable, CustomStringConvertible {
    package let sequence: UInt64
    package let room: RoomID
    package let reason: String

    package var description: String { "event \(sequence) of room \(room): \(reason)" }
}

extension Room {
    /// Nil if `event` may come next.
    func objection(to event: RoomEvent) -> InvalidEvent? {
        reason(against: event).map { InvalidEvent(sequence: event.sequence, room: event.room, reason: $0) }
    }

    private func reason(against event: RoomEvent) -> String? {
        guard event.room == id else { return "it is not of room \(id)" }
        guard event.sequence == eventSequence + 1 else { return "event \(eventSequence + 1) should come here" }
        switch event.change {
        case .positionEnqueued(let position, _):
            guard position.queueID == id else { return "position \(position.id) is of another room" }
            guard position.sequence > joinSequence else { return "join \(position.sequence) was dealt before" }
            let status = positions[position.id]?.status
            return status.map(\.isFinal) ?? true ? nil : "position \(position.id) is in line already"
        case .positionAdmitted(let id, _):
            return objection(to: id, unless: [.waiting])
        case .positionExpired(let id), .positionLeft(let id):
            return objection(to: id, unless: [.waiting, .admitted])
        case .sessionStarted(let session):
            guard session.id == SessionID(of: session.positionID) else {
                return "session \(session.id) is not that of position \(session.positionID)"
            }
            return objection(to: session.positionID, unless: [.admitted])
        case .sessionExpired(let id):
            return objection(to: id, unless: [.active])
        case .positionMoved(let id, _, _):
            return objection(to: id, unless: [.waiting])
        case .positionTerminated(let id, _):
            return objection(to: id, unless: [.waiting, .admitted])
        case .sessionCompleted(let id), .sessionTerminated(let id, _):
            return objection(to: id, unless: [.admitted, .active])
        case .passUsed(let pass, let id):
            if let refusal = passes.refusal(of: pass, at: event.time), refusal != .crowded {
                return "pass \(pass.id) is \(refusal)"
            }
            return objection(to: id, unless: [.waiting])
        case .positionHandedOver(let id, let heir):
            guard positions[heir] == nil else { return "position \(heir) is known already" }
            guard id.isReturn == heir.isReturn else { return "position \(heir) cannot stand where \(id) does" }
            return objection(to: id, unless: [.waiting, .admitted])
        case .roomUpdated(let settings):
            return settings.id == id ? nil : "its settings are those of room \(settings.id)"
        case .roomOverridden, .admissionGranted:
            return nil
        case .drawStarted(let start):
            guard !isDrawing else { return "a draw goes on" }
            return start.seed?.commitment == start.commitment ? nil : "it does not hold the seed of its commitment"
        case .drawRevealed(let end):
            guard let draw, !draw.isRevealed else { return "there is no draw to reveal" }
            return draw.seed == end.seed ? nil : "its seed is not that of the draw"
        }
    }

    private func objection(to session: SessionID, unless allowed: [PositionStatus]) -> String? {
        guard let position = position(of: session) else { return "session \(session) is unknown" }
        return objection(to: position, unless: allowed)
    }

    private func objection(to position: PositionID, unless allowed: [PositionStatus]) -> String? {
        guard let status = positions[position]?.status else { return "position \(position) is unknown" }
        return allowed.contains(status) ? nil : "position \(position) is \(status)"
    }
}

extension PositionStatus {
    /// No other state follows.
    package var isFinal: Bool {
        switch self {
        case .waiting, .admitted, .active: false
        case .expired, .left, .completed, .terminated, .moved: true
        }
    }
}
