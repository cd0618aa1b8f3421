import QueueStore
import WaitingRoom

/// Arrivals that wait for the batch before theirs: one call carries all that came meanwhile.
struct JoinQueue {
    /// What an arrival asks for.
    enum Wish: Hashable, Sendable {
        /// To be admitted at once, or else to wait.
        case admission
        case place
        /// The place that it had before a restoration, by a token issued then.
        case formerPlace(Timestamp)
        /// To come back, as a position of its own, after that position missed its turn.
        case missedTurn(PositionID, mayAdmit: Bool)

        /// What the script is told.
        var text: String {
            switch self {
            case .admission: "a"
            case .place: "e"
            case .formerPlace(let issued): "r\(issued.milliseconds)"
            case .missedTurn(_, let mayAdmit): mayAdmit ? "B" : "b"
            }
        }
    }

    struct Waiter {
        let arrival: Arrival
        let wish: Wish
        let continuation: CheckedContinuation<Result<JoinAnswer, StoreError>, Never>
    }

    /// Bounds what one script does.
    static let batchLimit = 128
    static let limit = 100_000

    private var waiters: [Waiter] = []
    private var isDraining = false

    var count: Int { waiters.count }

    /// True if the caller must see to the draining.
    mutating func append(_ waiter: Waiter) -> Bool {
        waiters.append(waiter)
        defer { isDraining = true }
        return !isDraining
    }

    /// The next batch; nil, and the draining has ended, if nobody waits.
    mutating func next() -> [Waiter]? {
        guard !waiters.isEmpty else {
            isDraining = false
            return nil
        }
        let batch = Array(waiters.prefix(Self.batchLimit))
        waiters.removeFirst(batch.count)
        return batch
    }
}

/// What the script `join` says of one arrival.
enum JoinAnswer: Hashable, Sendable {
    case made(ArrivalOutcome)
    case full
    /// Its address holds as many places as it may.
    case crowded
    /// The pass does not count.
    case refused(PassRefusal)
    case closed(RoomPhase)
    /// A position with this id exists.
    case known
    /// This position has the user's place.
    case taken(PositionID)
    /// Those who come back after a restoration go first.
    case later
    /// There is nothing to come back to: no restoration lately, or no turn that was missed.
    case unknown
}
