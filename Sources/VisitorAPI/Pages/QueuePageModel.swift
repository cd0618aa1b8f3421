package import WaitingRoom

/// What a queue page shows.
package struct QueuePageModel: Hashable, Sendable {
    package enum Status: String, Hashable, Sendable {
        case waiting
        /// The line has reached the visitor; the page goes on by itself.
        case admitted
        /// Waiting in a room that admits nobody at the moment.
        case paused
        /// Waiting for the opening.
        case preQueue = "pre_queue"
    }

    package var room: RoomID
    package var position: PositionID
    package var status: Status
    /// 1 = front; 0 while the place is still to be drawn.
    package var rank: Int
    package var totalWaiting: Int
    /// The rank at joining, where it is known: where the progress bar starts.
    package var initialRank: Int?
    /// In seconds; nil where it cannot be known.
    package var estimate: ClosedRange<Int>?
    /// In seconds.
    package var heartbeatInterval: Int
    /// Between two plain polls and, without JavaScript, between two loads of the page; in seconds.
    package var pollAfter: Int
    /// Between two heartbeats of the page that refresh its cookie, half a token's life; in seconds.
    package var refreshAfter: Int
    /// Where the visitor wanted to go, as the request's target has it. Not trusted.
    package var redirectURL: String
    package var requestID: String
    /// The page answers a POST whose body went nowhere.
    package var notSent: Bool
    /// The visitor missed the turn and came back to the front.
    package var isReturn: Bool { position.isReturn }
    package var now: Timestamp
    /// Nil once the room has opened.
    package var opening: PageOpening?
    package var method: QueueingMethod

    package init(
        room: RoomID, position: PositionID, status: Status, rank: Int, totalWaiting: Int, initialRank: Int? = nil,
        estimate: ClosedRange<Int>? = nil, heartbeatInterval: Int, pollAfter: Int, refreshAfter: Int,
        redirectURL: String, requestID: String, notSent: Bool = false, now: Timestamp,
        opening: PageOpening? = nil, method: QueueingMethod = .fifo
    ) {
        self.room = room
        self.position = position
        self.status = status
        self.rank = rank
        self.totalWaiting = totalWaiting
        self.initialRank = initialRank
        self.estimate = estimate
        self.heartbeatInterval = heartbeatInterval
        self.pollAfter = pollAfter
        self.refreshAfter = refreshAfter
        self.redirectURL = redirectURL
        self.requestID = requestID
        self.notSent = notSent
        self.now = now
        self.opening = opening
        self.method = method
    }

    var isDrawn: Bool { rank > 0 }

    var ahead: Int { max(0, rank - 1) }

    /// The rank that the progress bar starts from.
    var firstRank: Int { max(initialRank ?? rank, rank, 1) }

    /// How much of the way is behind the visitor, in percent: 1 to 99 while waiting.
    var progress: Int {
        guard status != .admitted else { return 100 }
        let share = Double(firstRank - max(rank, 1) + 1) / (Double(firstRank) + 1)
        return min(99, max(1, Int((100 * share).rounded())))
    }
}

/// An opening that a page counts down to.
package struct PageOpening: Hashable, Sendable {
    /// Until the opening.
    package var seconds: Int
    /// Those who wait are put in random order then.
    package var draws: Bool
    package var commitment: DrawCommitment?

    package init(seconds: Int, draws: Bool = false, commitment: DrawCommitment? = nil) {
        self.seconds = seconds
        self.draws = draws
        self.commitment = commitment
    }
}
