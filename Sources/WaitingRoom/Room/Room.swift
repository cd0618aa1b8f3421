/// One room: its line, its slots and its limits, as an event-sourced state machine without I/O.
///
/// A command decides, hands what it decided to `apply` and appends it to the caller's events. `apply` is the only
/// mutator of durable state, so replaying the events in order gives the same room. Signs of life and page views are
/// soft: they are not events, and after a replay `recover(at:)` starts their clocks afresh.
///
/// The time is passed in as the wall clock shows it and made monotonic by `RoomClock`. Join order is the order of the
/// calls.
///
/// It is more than a kilobyte, and a method that does not change it is handed a copy of it all. So what each step calls
/// is `mutating`, which hands over the room itself, or inlined, which reads what it needs.
package struct Room: Sendable {
    /// How long a final state is remembered.
    package static let memory = Milliseconds.minutes(10)
    /// How many final states are remembered at most of positions that never held a slot. (Those that did are bounded by
    /// `queue_rate`, and all of them are needed to refuse their tokens.)
    static let rememberedInLine = 100_000

    /// What is in force.
    package internal(set) var settings: RoomSettings
    /// What the file, or a scheduled event of it, says.
    package internal(set) var configured: RoomSettings
    /// The rate that the origin bears, where that is less.
    package internal(set) var adapted: AdaptedRate?
    /// When a gate last saw the origin in distress; known only since the process began.
    var distressedAt: Timestamp?
    /// What operators have put over both.
    package internal(set) var overrides: StandingOverrides?
    package internal(set) var createdAt: Timestamp
    package internal(set) var updatedAt: Timestamp
    /// The sequence of the last event.
    package internal(set) var eventSequence: UInt64
    package internal(set) var totals = RoomTotals()
    /// Positions that hold a slot without having used it.
    package internal(set) var admitted = 0
    package internal(set) var activeSessions = 0

    var joinSequence: UInt64 = 0
    /// When `shuffleWindow` was last changed. No window reaches back before it, so nobody who joins after a change
    /// stands before anybody who joined before.
    var windowEpoch: Timestamp
    /// The last draw, which goes on or has been revealed.
    package internal(set) var draw: Draw?
    var bucket: RateBucket
    var line = Line()
    /// Of those who wait.
    var addresses = AddressCounts()
    var positions = ShardedTable<PositionID, Entry>()
    var passes = PassLedger()
    var handovers = HandoverCodes()
    /// The part of `positions` with which the next step of a drain of sessions begins.
    var drainedPart = 0
    /// Of the last event, if it was a grant or one of the admissions that it grants.
    var grant: Grant?

    /// The last position of each user, until it is forgotten.
    var users: [UserID: PositionID] = [:]

    var clock: RoomClock
    var share = PriorityShare()
    /// Waiting positions by their last sign of life.
    var silence = TimeWheel()
    /// Unused admissions by their beginning.
    var claims = TimeWheel()
    /// Active sessions by what their time-out runs from.
    var idle = TimeWheel()
    /// Final states by their time, of positions that never held a slot and of those that did.
    var endedInLine = TimeWheel()
    var endedAfterAdmission = TimeWheel()

    /// A new room, open for its first visitor: its rate bucket is full.
    package init(opening settings: RoomSettings, at now: Timestamp, emitting events: inout [RoomEvent]) {
        self.init(settings: settings, openedAt: now)
        events.append(RoomEvent(sequence: 1, time: now, room: settings.id, change: .roomUpdated(settings)))
    }

    /// The room that a history begins with; nil unless `event` is the first of a room.
    package init?(replaying event: RoomEvent) {
        guard event.sequence == 1, case .roomUpdated(let settings) = event.change, settings.id == event.room else {
            return nil
        }
        self.init(settings: settings, openedAt: event.time)
    }

    private init(settings: RoomSettings, openedAt time: Timestamp) {
        self.settings = settings
        configured = settings
        createdAt = time
        updatedAt = time
        eventSequence = 1
        windowEpoch = time
        bucket = RateBucket(rate: settings.queueRate, interval: settings.admissionInterval, at: time)
        clock = RoomClock(wall: time, floor: time)
    }

    @inline(__always)
    package var id: RoomID { settings.id }

    /// Room time: that of the last step.
    package var time: Timestamp { clock.now }

    package var waiting: Int { line.count }

    /// 0 while more are in use than there are, after a limit was lowered.
    @inline(__always)
    var freeSlots: Int { max(0, settings.maxActiveUsers - admitted - activeSessions) }

    /// When the shuffle window of somebody who joins at `time` began: that of the draw that goes on; without shuffling,
    /// `time`.
    @inline(__always)
    func windowStart(at time: Timestamp) -> Timestamp {
        if let draw, !draw.isRevealed { return draw.since }
        let length = settings.shuffleWindow.count
        guard length > 0 else { return time }
        let remainder = time.milliseconds % length
        let start = time.milliseconds - (remainder < 0 ? remainder + length : remainder)
        return max(windowEpoch, Timestamp(milliseconds: start))
    }
}
