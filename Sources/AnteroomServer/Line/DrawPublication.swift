import NATSBus
import WaitingRoom

/// Of a room's events those by which anybody can check a draw, without what they say of persons: the commitment, who took
/// part, the seed, and in which order they were admitted or gave up.
struct DrawPublication {
    private var isDrawing = false
    private var drawn: Set<PositionID> = []
    private var opened: Timestamp?

    /// What to publish of the next event; nil for nothing.
    mutating func published(_ event: RoomEvent) -> [UInt8]? {
        let opened = opened ?? event.time
        self.opened = opened
        guard let change = published(event.change) else { return nil }
        let event = RoomEvent(sequence: event.sequence, time: event.time, room: event.room, change: change)
        return CloudEvent(event, opened: opened).json
    }

    private mutating func published(_ change: RoomEvent.Change) -> RoomEvent.Change? {
        switch change {
        case .drawStarted(var start):
            isDrawing = true
            start.seed = nil
            return .drawStarted(start)
        case .drawRevealed:
            isDrawing = false
            return change
        case .positionEnqueued(let position, let key):
            guard isDrawing else { return nil }
            drawn.insert(position.id)
            let bare = QueuePosition(
                id: position.id, queueID: position.queueID, sequence: position.sequence, priority: position.priority,
                enqueuedAt: position.enqueuedAt, status: position.status, expiresAt: position.expiresAt)
            return .positionEnqueued(bare, shuffleKey: key)
        case .positionAdmitted(let id, _), .positionExpired(let id), .positionLeft(let id), .passUsed(_, let id):
            return drawn.contains(id) ? change : nil
        case .positionHandedOver(let id, let heir):
            guard drawn.contains(id) else { return nil }
            drawn.insert(heir)
            return change
        case .positionTerminated(let id, _):
            return drawn.contains(id) ? .positionTerminated(id, by: .unnamed) : nil
        case .positionMoved(let id, let target, _):
            return drawn.contains(id) ? .positionMoved(id, to: target, by: .unnamed) : nil
        case .sessionStarted, .sessionExpired, .sessionCompleted, .sessionTerminated, .admissionGranted,
            .roomUpdated, .roomOverridden, .rateAdapted:
            return nil
        }
    }
}
