/// The limits of one room, as the configuration sets them.
package struct RoomSettings: Hashable, Sendable {
    package var id: RoomID
    package var name: String
    /// The origin that the room protects, as it stands in the configuration.
    package var targetURL: String
    /// How many slots there are. A slot is held by an admitted position and then by its session.
    package var maxActiveUsers: Int
    /// How many may wait; 0 is unlimited.
    package var maxQueueSize: Int
    /// How many places in line the visitors of one address may hold at once; 0 is any number.
    package var maxPositionsPerAddress: Int
    package var queueRate: Rate
    package var sessionTimeout: Milliseconds
    /// True: each request starts `sessionTimeout` anew. False: a session ends that long after its start.
    package var sessionRenewal: Bool
    package var heartbeatInterval: Milliseconds
    package var heartbeatTimeout: Milliseconds
    /// How long an admitted position holds its slot before its first request.
    package var claimTimeout: Milliseconds
    package var status: RoomStatus
    package var admissionInterval: Milliseconds
    /// The part of a batch, in thousandths, that priority above 0 may take while priority 0 waits.
    package var priorityShare: Int
    /// Those who join within the same window of this length stand in random order; 0 is strict join order.
    package var shuffleWindow: Milliseconds
    /// How long somebody whose admission was not claimed may come back to the front, once; 0: never.
    package var missedTurnGrace: Milliseconds
    package var queueingMethod: QueueingMethod
    /// Nil: the room was always open.
    package var opening: Opening?
    /// From then on nobody joins or is admitted; nil: never.
    package var closesAt: Timestamp?

    package init(
        id: RoomID, name: String? = nil, targetURL: String = "", maxActiveUsers: Int = 500, maxQueueSize: Int = 50_000,
        maxPositionsPerAddress: Int = 50, queueRate: Rate = Rate(count: 10, per: .seconds(1)),
        sessionTimeout: Milliseconds = .minutes(10),
        sessionRenewal: Bool = true, heartbeatInterval: Milliseconds = .seconds(10),
        heartbeatTimeout: Milliseconds = .seconds(60), claimTimeout: Milliseconds = .seconds(60),
        status: RoomStatus = .active, admissionInterval: Milliseconds = .seconds(1), priorityShare: Int = 500,
        shuffleWindow: Milliseconds = Milliseconds(0), missedTurnGrace: Milliseconds = .minutes(5),
        queueingMethod: QueueingMethod = .fifo, opening: Opening? = nil, closesAt: Timestamp? = nil
    ) {
        self.id = id
        self.name = name ?? id.text
        self.targetURL = targetURL
        self.maxActiveUsers = maxActiveUsers
        self.maxQueueSize = maxQueueSize
        self.maxPositionsPerAddress = maxPositionsPerAddress
        self.queueRate = queueRate
        self.sessionTimeout = sessionTimeout
        self.sessionRenewal = sessionRenewal
        self.heartbeatInterval = heartbeatInterval
        self.heartbeatTimeout = heartbeatTimeout
        self.claimTimeout = claimTimeout
        self.status = status
        self.admissionInterval = admissionInterval
        self.priorityShare = priorityShare
        self.shuffleWindow = shuffleWindow
        self.missedTurnGrace = missedTurnGrace
        self.queueingMethod = queueingMethod
        self.opening = opening
        self.closesAt = closesAt
    }
}

/// Whether a room admits.
package enum RoomStatus: String, Sendable, CaseIterable {
    /// Admits within its limits.
    case active
    /// Admits nobody; joining, places and sessions go on.
    case paused
    /// Shows everybody the maintenance page, sessions included.
    case maintenance
}

/// A whole number of admissions per span of time, kept exactly: "500/min" is 500 per 60,000 ms.
package struct Rate: Hashable, Sendable {
    package var count: Int64
    package var per: Milliseconds

    package init(count: Int64, per: Milliseconds) {
        self.count = count
        self.per = per
    }

    package var perSecond: Double { Double(count) / per.seconds }
}
