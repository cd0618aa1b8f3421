package import QueueStore
package import SessionTokens
package import WaitingRoom

/// What one event loop has seen since the last flush: signs of life of those who wait and requests of those who are
/// through. Noted in memory, handed to the store about once a second. Bound to its loop.
package final class LoopActivity {
    private var heartbeats: [RoomID: Set<PositionID>] = [:]
    private var touched: ContiguousArray<VerifiedToken> = []
    private var clients: [SessionID: Client] = [:]
    private var tunnels: [SessionID: (position: PositionID, room: RoomID)] = [:]
    /// Positions whose session's cookie came back; noted only where somebody asks for them.
    private var returned: [(position: PositionID, room: RoomID)] = []
    /// Whether a room wants to know who brings cookies back.
    package var notesReturns = false
    /// How many heartbeats were noted since the process began.
    package private(set) var heartbeatsTotal = 0

    package init() {}

    package func heartbeat(_ position: PositionID, in room: RoomID) {
        heartbeatsTotal += 1
        heartbeats[room, default: []].insert(position)
    }

    /// Notes a forwarded request.
    /// - Parameter client: asked for once per token.
    package func note(_ session: VerifiedToken, client: () -> Client) {
        session.pendingPageViews += 1
        guard session.pendingPageViews == 1 else { return }
        touched.append(session)
        guard !session.isReported else { return }
        clients[session.sessionID] = client()
        if notesReturns { returned.append((session.positionID, session.queueID)) }
    }

    /// Notes that bytes went through a session's tunnel, which is no page view.
    package func noteTunnel(of session: SessionID, position: PositionID, in room: RoomID) {
        tunnels[session] = (position, room)
    }

    /// Takes the positions whose session's cookie came back since the last time.
    func takeReturned() -> [(position: PositionID, room: RoomID)] {
        defer { returned.removeAll(keepingCapacity: true) }
        return returned
    }

    /// Takes what was noted.
    package func take() -> [RoomID: Activity] {
        var result: [RoomID: Activity] = [:]
        for (room, positions) in heartbeats { result[room, default: Activity()].heartbeats = Array(positions) }
        for session in touched {
            result[session.queueID, default: Activity()].sessions.append(
                SessionActivity(
                    session: session.sessionID, position: session.positionID, pageViews: session.pendingPageViews,
                    client: clients[session.sessionID]))
            session.pendingPageViews = 0
            session.isReported = true
            tunnels[session.sessionID] = nil
        }
        for (session, tunnel) in tunnels {
            result[tunnel.room, default: Activity()].sessions.append(
                SessionActivity(session: session, position: tunnel.position, pageViews: 0, client: nil))
        }
        heartbeats.removeAll(keepingCapacity: true)
        touched.removeAll(keepingCapacity: true)
        clients.removeAll(keepingCapacity: true)
        tunnels.removeAll(keepingCapacity: true)
        return result
    }
}
