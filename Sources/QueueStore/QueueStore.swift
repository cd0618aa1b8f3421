package import WaitingRoom

/// Where the lines live. Every method is one atomic step for its room, and a step that has returned survives a crash
/// of the gate (and, as far as the store is durable, of the store). Join order is the order of these steps.
///
/// A store is made with its clock; no method takes the time. All methods throw `StoreError`.
package protocol QueueStore: Sendable {
    /// Makes the rooms known or applies their new limits; what operators have put over them stays. Rooms that are not named
    /// keep their state and limits.
    func configure(_ rooms: [RoomSettings]) async throws(StoreError)

    /// A first request: admitted at once if the room is active and open, nobody waits, and a slot and a rate token are
    /// free; else joins the line unless it is full or closed. O(log n).
    func arrive(_ arrival: Arrival, in room: RoomID) async throws(StoreError) -> ArrivalOutcome

    /// Joins the line unless it is full or closed; never admits. O(log n).
    func enqueue(_ arrival: Arrival, in room: RoomID) async throws(StoreError) -> ArrivalOutcome

    /// Moves a waiting position up to the pass's priority, its join order kept, and counts one use; a position that
    /// stands there already, or was let in, uses nothing, so a repeated call counts once. O(log n).
    func present(_ pass: Pass, for position: PositionID, in room: RoomID) async throws(StoreError) -> PassOutcome

    /// The place of somebody whose position token is good though the store does not know the position: for some minutes
    /// after a shared store was restored from a record that lacked its last moment, the position is made again, behind
    /// those that the record had. Nil at any other time. O(log n).
    /// - Parameter issued: when the token was; one from before what was lost brings nothing back.
    func reenter(_ position: PositionID, issued: Timestamp, in room: RoomID) async throws(StoreError) -> Place?

    /// Gives somebody whose admission ran out unclaimed a place at the front of the same priority, within
    /// `missed_turn_grace` and once, even where the line is full; a repeated call finds that place. O(log n).
    /// - Parameter mayAdmit: whether to admit at once where `arrive` would.
    /// - Returns: nil if no turn was missed, or it is too late; `ended` if that second chance has ended too.
    func comeBack(
        _ missed: PositionID, mayAdmit: Bool, in room: RoomID
    ) async throws(StoreError) -> ArrivalOutcome?

    /// Makes a code known by which a waiting place, or a slot that is not used yet, may move to another device, in the place
    /// of that position's earlier code. Codes are soft: the store may forget them before their time. O(1).
    func offer(
        _ position: PositionID, under code: HandoverDigest, in room: RoomID
    ) async throws(StoreError) -> HandoverOffer

    /// Gives the place of a code to the position `id`, in the same turn; the one before has ended with that, as `moved`. A
    /// repeated call with the same `id` finds what the first one made. O(log n).
    func takeOver(
        with code: HandoverDigest, as id: PositionID, in room: RoomID
    ) async throws(StoreError) -> HandoverOutcome

    /// Where these positions stand, in the order asked; nil for one that the store does not know (any more: a final
    /// state is remembered for ten minutes). O(log n) each. A shared store may answer by what it was a second ago, but
    /// never from before the event `sequence`, nor from before this gate's last admission.
    func places(
        of positions: [PositionID], in room: RoomID, seeing sequence: UInt64
    ) async throws(StoreError) -> [Place?]

    /// Takes a waiting position out of the line, or gives an admitted position's slot back. Nil if unknown; else the
    /// place after the step, unchanged where the position was neither waiting nor admitted. O(log n).
    func leave(_ position: PositionID, in room: RoomID) async throws(StoreError) -> Place?

    /// What an admitted position needs to become a session. Idempotent. Does not start the session: its first activity
    /// does. O(1).
    func claim(_ position: PositionID, in room: RoomID) async throws(StoreError) -> ClaimOutcome

    /// A batch of what a gate has seen since the last one. Starts sessions on their first activity.
    /// - Returns: those of the batch's sessions that are not alive; the gate must refuse their tokens.
    func record(_ activity: Activity, in room: RoomID) async throws(StoreError) -> [SessionID]

    /// An admitted (not yet started) or active session; a final state is remembered for ten minutes.
    func session(_ id: SessionID, in room: RoomID) async throws(StoreError) -> Session?

    /// Ends a session, or an admission that has not become one, and frees the slot. False if it was not alive.
    /// - Parameter actor: the operator who terminates it; nil if the site ends it.
    func end(
        _ session: SessionID, as end: SessionEnd, by actor: OperatorName?, in room: RoomID
    ) async throws(StoreError) -> Bool

    /// One admission step: the first n = min(free slots, rate tokens, waiting) become admitted. O(n log waiting).
    func admit(in room: RoomID) async throws(StoreError) -> AdmissionReport

    /// Expires silent waiting positions, unclaimed admissions and idle sessions. O(log n) for each that ends or is
    /// looked at; each is looked at about once per time-out.
    func clean(in room: RoomID) async throws(StoreError) -> CleaningReport

    /// Counts an address's call against a limit that all gates share. O(1).
    func countCall(
        from address: AddressDigest, under rate: Rate, in room: RoomID
    ) async throws(StoreError) -> RateVerdict

    func facts(of room: RoomID) async throws(StoreError) -> RoomFacts

    /// Changes what operators have put over the configured limits: what the changes do not name stays, whoever sets it at
    /// the same time. O(1).
    func override(
        _ changes: RoomOverrides.Changes, by actor: OperatorName, in room: RoomID
    ) async throws(StoreError) -> RoomFacts

    /// Lowers or raises the rate below the configured one, if that is due; what operators have set stays above it. O(1).
    /// - Returns: whether the rate was changed.
    func adapt(_ change: RateChange, in room: RoomID) async throws(StoreError) -> Bool

    /// Admits the first n = min(count, free slots, waiting) at once, beyond the rate and also where the room is paused, in
    /// steps of at most 1,000. Refused in `maintenance` and where the room is not open. O(n log waiting).
    func admitNow(
        _ count: Int, by actor: OperatorName, in room: RoomID
    ) async throws(StoreError) -> AdmissionReport

    /// Puts somebody who waits elsewhere in the line. Nil if unknown; else the place after the step, unchanged where the
    /// position does not wait. O(log n).
    func move(
        _ position: PositionID, to target: MoveTarget, by actor: OperatorName, in room: RoomID
    ) async throws(StoreError) -> Place?

    /// Takes a waiting position out of the line, or the slot from an admitted one. Nil if unknown; else the place after the
    /// step, unchanged where the position was neither waiting nor admitted. O(log n).
    func terminate(
        _ position: PositionID, by actor: OperatorName, in room: RoomID
    ) async throws(StoreError) -> Place?

    /// Ends at most 1,000 of those who joined up to and with the join `sequence`; nil: all who have joined by now. To be
    /// repeated with the sequence that the report names until none remain. O(log n) for each that ends, and all steps
    /// together look at most once through all places; a shared store does it in bounded scripts.
    func drain(
        _ scope: DrainScope, until sequence: UInt64?, by actor: OperatorName, in room: RoomID
    ) async throws(StoreError) -> DrainReport

    /// The sessions (started or only admitted) that ended at `since` or later, for a gate that starts.
    func endedSessions(in room: RoomID, since: Timestamp) async throws(StoreError) -> [SessionID]
}

extension QueueStore {
    /// `places` for those who have heard of no event yet.
    package func places(of positions: [PositionID], in room: RoomID) async throws(StoreError) -> [Place?] {
        try await places(of: positions, in: room, seeing: 0)
    }

    /// Puts these over the configured limits instead of all that operators put there before; empty ones leave the
    /// configured limits in force.
    package func override(
        _ overrides: RoomOverrides, by actor: OperatorName, in room: RoomID
    ) async throws(StoreError) -> RoomFacts {
        try await override(RoomOverrides.Changes(replacingAllBy: overrides), by: actor, in: room)
    }

    /// Ends a session on the site's word.
    package func end(
        _ session: SessionID, as end: SessionEnd, in room: RoomID
    ) async throws(StoreError) -> Bool {
        try await self.end(session, as: end, by: nil, in: room)
    }
}

/// Somebody who asks for a place.
package struct Arrival: Hashable, Sendable {
    /// Chosen by the gate, so that a repeated call finds the position that the first one made.
    package var id: PositionID
    package var priority: Int
    package var userID: UserID?
    package var metadata: [String: String]
    package var client: Client
    /// Whose `max_positions_per_address` a place in line counts against; nil if nobody's.
    package var addressDigest: AddressDigest?
    /// Of which one use is counted with the position that is made.
    package var pass: Pass?

    package init(
        id: PositionID, priority: Int = 0, userID: UserID? = nil, metadata: [String: String] = [:], client: Client,
        addressDigest: AddressDigest? = nil, pass: Pass? = nil
    ) {
        self.id = id
        self.priority = priority
        self.userID = userID
        self.metadata = metadata
        self.client = client
        self.addressDigest = addressDigest
        self.pass = pass
    }

    /// What the pass makes of the priority.
    package var grantedPriority: Int { max(priority, pass?.priority ?? 0) }
}

package enum ArrivalOutcome: Hashable, Sendable {
    case waiting(Place)
    case admitted(Place)
    /// `max_queue_size` wait already; no position was made.
    case full
    /// `max_positions_per_address` of this address wait already; no position was made.
    case crowded
    /// The room is `scheduled` or `closed`; no position was made.
    case closed(RoomPhase)
    /// A position with this id exists and has ended; a new id is needed.
    case ended(Place)
    /// The same `user_id` holds this place already; no position was made.
    case taken(Place)
    /// The pass does not count (any more); no position was made.
    case refused(PassRefusal)
}

package enum ClaimOutcome: Hashable, Sendable {
    /// Admitted or active: the session that its token should name.
    case session(SessionID, Place)
    case waiting(Place)
    /// Expired, left, completed or terminated.
    case ended(Place)
    case unknown
}

/// What a gate saw in about a second.
package struct Activity: Hashable, Sendable {
    /// Waiting positions that gave a sign of life.
    package var heartbeats: [PositionID]
    package var sessions: [SessionActivity]

    package init(heartbeats: [PositionID] = [], sessions: [SessionActivity] = []) {
        self.heartbeats = heartbeats
        self.sessions = sessions
    }
}

package struct SessionActivity: Hashable, Sendable {
    package var session: SessionID
    package var position: PositionID
    /// Requests forwarded since the last batch.
    package var pageViews: Int
    /// Nil once the gate has reported it for this session.
    package var client: Client?

    package init(session: SessionID, position: PositionID, pageViews: Int, client: Client?) {
        self.session = session
        self.position = position
        self.pageViews = pageViews
        self.client = client
    }
}

package struct AdmissionReport: Hashable, Sendable {
    package var admitted: Int
    /// Waiting afterwards.
    package var waiting: Int
    /// How long each of the admitted had waited.
    package var waits: [Milliseconds]
    /// Why `admitNow` admitted nobody; nil where it may, though perhaps nobody waits or no slot is free.
    package var refusal: GrantRefusal?

    package init(admitted: Int, waiting: Int, waits: [Milliseconds], refusal: GrantRefusal? = nil) {
        self.admitted = admitted
        self.waiting = waiting
        self.waits = waits
        self.refusal = refusal
    }
}

package struct CleaningReport: Hashable, Sendable {
    package var positionsExpired: Int
    package var admissionsExpired: Int
    package var sessionsExpired: Int

    package init(positionsExpired: Int = 0, admissionsExpired: Int = 0, sessionsExpired: Int = 0) {
        self.positionsExpired = positionsExpired
        self.admissionsExpired = admissionsExpired
        self.sessionsExpired = sessionsExpired
    }
}

/// A room at one moment. The totals only grow, across restarts too.
package struct RoomFacts: Hashable, Sendable {
    /// What is in force.
    package var settings: RoomSettings
    /// What the file, or a scheduled event of it, says.
    package var configured: RoomSettings
    /// The rate that the origin bears, where that is less.
    package var adapted: AdaptedRate?
    /// What operators have put over both.
    package var overrides: StandingOverrides?
    package var createdAt: Timestamp
    package var updatedAt: Timestamp
    package var waiting: Int
    /// Admitted, not started.
    package var admitted: Int
    package var activeSessions: Int
    package var enqueuedTotal: Int
    package var admittedTotal: Int
    /// Expired or left while waiting.
    package var abandonedTotal: Int
    /// Taken out of the line by an operator.
    package var removedTotal: Int
    package var expiredTotal: Int
    package var heartbeatsTotal: Int
    /// Positions of those who came back after a missed turn.
    package var returnedTotal: Int
    /// Uses of passes.
    package var passesUsedTotal: Int
    /// The sequence of the last event: it changes when anything does.
    package var eventSequence: UInt64
    /// By the store's clock, when the room took its last step.
    package var time: Timestamp
    package var draw: PublishedDraw?

    /// Where the room stands in its schedule at `time`.
    package var phase: RoomPhase { settings.phase(at: time) }

    package init(
        configured: RoomSettings, adapted: AdaptedRate? = nil, overrides: StandingOverrides? = nil,
        createdAt: Timestamp, updatedAt: Timestamp,
        waiting: Int, admitted: Int, activeSessions: Int, enqueuedTotal: Int, admittedTotal: Int, abandonedTotal: Int,
        removedTotal: Int = 0, expiredTotal: Int, heartbeatsTotal: Int, returnedTotal: Int = 0,
        passesUsedTotal: Int = 0, eventSequence: UInt64, time: Timestamp, draw: PublishedDraw? = nil
    ) {
        settings = configured.inForce(adapted: adapted, under: overrides)
        self.configured = configured
        self.adapted = adapted
        self.overrides = overrides
        self.createdAt = createdAt
        self.updatedAt = updatedAt
        self.waiting = waiting
        self.admitted = admitted
        self.activeSessions = activeSessions
        self.enqueuedTotal = enqueuedTotal
        self.admittedTotal = admittedTotal
        self.abandonedTotal = abandonedTotal
        self.removedTotal = removedTotal
        self.expiredTotal = expiredTotal
        self.heartbeatsTotal = heartbeatsTotal
        self.returnedTotal = returnedTotal
        self.passesUsedTotal = passesUsedTotal
        self.eventSequence = eventSequence
        self.time = time
        self.draw = draw
    }
}

/// Why a store could not do what was asked.
package struct StoreError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: String, Hashable, Sendable {
        /// The store cannot be reached or cannot make the step durable; try again later.
        case unavailable
        /// The room was never configured.
        case unknownRoom
        /// Another process has taken the store over; ask there.
        case elsewhere
        /// What the store holds cannot be read.
        case corrupt
    }

    package var code: Code
    /// What an operator can act on: which file or server, what is wrong.
    package var message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { message }
}
