/// One change of one room. A room's state is what its events replay to, in order.
package struct RoomEvent: Hashable, Sendable {
    /// 1, 2, 3 … within a room, without gaps.
    package let sequence: UInt64
    package let time: Timestamp
    package let room: RoomID
    package let change: Change

    package init(sequence: UInt64, time: Timestamp, room: RoomID, change: Change) {
        self.sequence = sequence
        self.time = time
        self.room = room
        self.change = change
    }

    /// What happened; see docs/JOURNAL.md.
    package enum Change: Hashable, Sendable {
        /// `position.enqueued`: joined the line. `shuffleKey` orders those who joined within one shuffle window.
        case positionEnqueued(QueuePosition, shuffleKey: UInt64)
        /// `position.admitted`: holds a slot until `expiresAt`.
        case positionAdmitted(PositionID, expiresAt: Timestamp)
        /// `position.expired`: silent while waiting, or not claimed after admission.
        case positionExpired(PositionID)
        /// `position.left`.
        case positionLeft(PositionID)
        /// `session.started`: the first request with the session cookie.
        case sessionStarted(Session)
        /// `session.expired`: no request for `session_timeout`.
        case sessionExpired(SessionID)
        /// `session.completed`.
        case sessionCompleted(SessionID)
        /// `session.terminated`: by an operator, or nil by the site.
        case sessionTerminated(SessionID, by: OperatorName? = nil)
        /// `position.terminated`: taken out of the line, or its unused slot away.
        case positionTerminated(PositionID, by: OperatorName)
        /// `position.moved`: stands elsewhere in the line.
        case positionMoved(PositionID, to: MoveTarget, by: OperatorName)
        /// `admission.granted`: so many admissions follow at once, whatever the rate says.
        case admissionGranted(Int, by: OperatorName)
        /// `pass.used`: a pass served a waiting position, which moves up to its priority unless it stands there.
        case passUsed(Pass, by: PositionID)
        /// `position.handed_over`: another position has the place of this one, in whichever state, and this one is `moved`.
        case positionHandedOver(PositionID, to: PositionID)
        /// `room.updated`: new limits or status, as they are configured.
        indirect case roomUpdated(RoomSettings)
        /// `room.overridden`: what operators put over them; empty for nothing any more.
        case roomOverridden(RoomOverrides, by: OperatorName)
        /// `rate.adapted`: the rate that the origin bears, beneath what operators put over it; nil for what is configured.
        case rateAdapted(Rate?, AdaptationReason)
        /// `draw.started`: the pre-queue has begun; who joins from here on is drawn.
        case drawStarted(DrawStart)
        /// `draw.revealed`: the opening.
        case drawRevealed(DrawEnd)
    }
}
