import WaitingRoom

/// What does not change of a position while it waits, and where it stood when the store was last asked for it.
struct RememberedPosition: Sendable {
    private final class Brought: Sendable {
        let userID: UserID?
        let metadata: [String: String]

        init(userID: UserID?, metadata: [String: String]) {
            self.userID = userID
            self.metadata = metadata
        }
    }

    let point: JoinPoint
    let priority: Int
    private let isInFront: Bool
    private let sequence: UInt64
    private let enqueuedAt: Timestamp
    private let rank: Int32
    private let totalWaiting: Int32
    /// Nil for those who brought nothing, as most.
    private let brought: Brought?

    init(_ place: Place, at point: JoinPoint, isInFront: Bool = false) {
        let position = place.position
        self.point = point
        rank = Int32(clamping: place.rank)
        totalWaiting = Int32(clamping: place.totalWaiting)
        priority = position.priority
        self.isInFront = isInFront || position.id.isReturn
        sequence = position.sequence
        enqueuedAt = position.enqueuedAt
        brought =
            position.userID == nil && position.metadata.isEmpty
            ? nil : Brought(userID: position.userID, metadata: position.metadata)
    }

    /// Where it stands; nil if it does not wait.
    func place(_ id: PositionID, in room: RoomID, _ view: LineView) -> Place? {
        // Of one who joined after the view was taken, what the store said then is the newer.
        let isNewer = sequence > view.lastJoin
        let order = LaneOrder(priority: priority, isInFront: isInFront)
        guard let rank = isNewer ? Int(rank) : view.rank(of: point, in: order) else { return nil }
        // Whoever asks gives a sign of life by it, which the store hears of with the next batch.
        let position = QueuePosition(
            id: id, queueID: room, sequence: sequence, priority: priority, enqueuedAt: enqueuedAt,
            userID: brought?.userID, metadata: brought?.metadata ?? [:], status: .waiting,
            expiresAt: view.time + view.heartbeatTimeout)
        return Place(position: position, rank: rank, totalWaiting: isNewer ? Int(totalWaiting) : view.waiting)
    }
}

/// The waiting positions that a gate was lately asked for, at most twice `limit`. All O(1).
struct PositionMemory: Sendable {
    /// As many as 2^18 buckets of a dictionary take. 17 MB.
    static let limit = 3 << 16

    private let limit: Int
    private var recent: [PositionID: RememberedPosition] = [:]
    /// What was `recent` before; those of them that nobody asks for are forgotten with the next change.
    private var older: [PositionID: RememberedPosition] = [:]

    init(limit: Int = Self.limit) { self.limit = limit }

    mutating func recall(_ id: PositionID) -> RememberedPosition? {
        if let position = recent[id] { return position }
        guard let position = older.removeValue(forKey: id) else { return nil }
        remember(id, position)
        return position
    }

    mutating func remember(_ id: PositionID, _ position: RememberedPosition) {
        if recent.count >= limit {
            older = recent
            recent = [:]
        }
        recent[id] = position
    }

    mutating func forget(_ id: PositionID) {
        recent[id] = nil
        older[id] = nil
    }
}
