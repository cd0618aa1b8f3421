import WaitingRoom

/// A room as simple as can be, told what happened: a sorted array, and a state for each position. Says where everybody
/// should stand.
struct NaiveRoom {
    private struct Waiting {
        let id: PositionID
        let order: (Int, Int64, UInt64, UInt64)
    }

    private var line: [Waiting] = []
    private(set) var statuses: [PositionID: PositionStatus] = [:]
    private var sessions: [SessionID: PositionID] = [:]
    private var settings: RoomSettings?
    private var shuffledSince: Int64 = .min
    /// When the draw began that goes on.
    private var drawnSince: Int64?
    private var lastUndrawn: UInt64 = 0

    init(_ events: [RoomEvent]) { for event in events { take(event) } }

    var waiting: Int { line.count }

    var slotsInUse: Int { statuses.values.count { $0 == .admitted || $0 == .active } }

    func rank(of id: PositionID) -> Int {
        guard let index = line.firstIndex(where: { $0.id == id }) else { return 0 }
        if let drawnSince, line[index].order.1 >= drawnSince, line[index].order.3 > lastUndrawn { return 0 }
        return index + 1
    }

    private mutating func take(_ event: RoomEvent) {
        switch event.change {
        case .roomUpdated(let new):
            if new.shuffleWindow != settings?.shuffleWindow { shuffledSince = event.time.milliseconds }
            settings = new
        case .positionEnqueued(let position, let key):
            let time = position.enqueuedAt.milliseconds
            let length = settings?.shuffleWindow.count ?? 0
            var window = drawnSince ?? (length > 0 ? max(shuffledSince, time / length * length) : time)
            if position.id.isReturn { window = .min }
            line.append(Waiting(id: position.id, order: (-position.priority, window, key, position.sequence)))
            line.sort { $0.order < $1.order }
            statuses[position.id] = .waiting
        case .positionAdmitted(let id, _):
            leave(id, .admitted)
            sessions[SessionID(of: id)] = id
        case .positionExpired(let id): leave(id, .expired)
        case .positionLeft(let id): leave(id, .left)
        case .positionTerminated(let id, _): leave(id, .terminated)
        case .positionMoved(let id, let target, _):
            guard let index = line.firstIndex(where: { $0.id == id }) else { return }
            let order = line[index].order
            switch target {
            case .front: line[index] = Waiting(id: id, order: (order.0, .min, 0, order.3))
            case .priority(let priority): line[index] = Waiting(id: id, order: (-priority, order.1, order.2, order.3))
            }
            line.sort { $0.order < $1.order }
        case .roomOverridden, .admissionGranted: break
        case .sessionStarted(let session): statuses[session.positionID] = .active
        case .sessionExpired(let id): sessions[id].map { statuses[$0] = .expired }
        case .sessionCompleted(let id): sessions[id].map { statuses[$0] = .completed }
        case .sessionTerminated(let id, _): sessions[id].map { statuses[$0] = .terminated }
        case .passUsed(let pass, let id):
            guard let index = line.firstIndex(where: { $0.id == id }) else { return }
            let order = line[index].order
            line[index] = Waiting(id: id, order: (min(order.0, -pass.priority), order.1, order.2, order.3))
            line.sort { $0.order < $1.order }
        case .positionHandedOver(let id, let heir):
            if let index = line.firstIndex(where: { $0.id == id }) {
                line[index] = Waiting(id: heir, order: line[index].order)
            }
            statuses[heir] = statuses[id]
            statuses[id] = .moved
            if sessions[SessionID(of: id)] != nil { sessions[SessionID(of: heir)] = heir }
        case .drawStarted(let start):
            drawnSince = event.time.milliseconds
            lastUndrawn = start.lastJoin
        case .drawRevealed:
            drawnSince = nil
            shuffledSince = event.time.milliseconds
        }
    }

    private mutating func leave(_ id: PositionID, _ status: PositionStatus) {
        line.removeAll { $0.id == id }
        statuses[id] = status
    }
}
