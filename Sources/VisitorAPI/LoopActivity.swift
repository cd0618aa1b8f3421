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
        if !session.isReported { clients[session.sessionID] = client() }
    }

    /// Notes that bytes went through a session's tunnel, which is no page view.
    package func noteTunnel(of session: SessionID, position: PositionID, in room: RoomID) {
        tunnels[session] = (position, room)
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
