import WaitingRoom

/// The WebSockets to origins that are open on one event loop, by the session that opened them. A tunnel is use of its
/// session as long as bytes go through it, and ends with it.
struct TunnelTable {
    private struct Tunnel {
        let handler: DownstreamHandler
        let session: SessionID
        let position: PositionID
        let room: RoomID
    }

    private var tunnels: [ObjectIdentifier: Tunnel] = [:]
    private var bySession: [SessionID: Set<ObjectIdentifier>] = [:]

    var count: Int { tunnels.count }

    mutating func add(_ handler: DownstreamHandler, session: SessionID, position: PositionID, room: RoomID) {
        let key = ObjectIdentifier(handler)
        tunnels[key] = Tunnel(handler: handler, session: session, position: position, room: room)
        bySession[session, default: []].insert(key)
    }

    /// Does nothing for a connection that is no tunnel.
    mutating func remove(_ handler: DownstreamHandler) {
        guard !tunnels.isEmpty, let tunnel = tunnels.removeValue(forKey: ObjectIdentifier(handler)) else { return }
        bySession[tunnel.session]?.remove(ObjectIdentifier(handler))
        if bySession[tunnel.session]?.isEmpty == true { bySession[tunnel.session] = nil }
    }

    /// The tunnels of a session that has ended.
    func handlers(of session: SessionID) -> [DownstreamHandler] {
        bySession[session]?.compactMap { tunnels[$0]?.handler } ?? []
    }

    /// Calls `note` for each tunnel that bytes went through since the last call.
    func noteUse(_ note: (SessionID, PositionID, RoomID) -> Void) {
        for tunnel in tunnels.values where tunnel.handler.hasTunnelTraffic {
            tunnel.handler.hasTunnelTraffic = false
            note(tunnel.session, tunnel.position, tunnel.room)
        }
    }
}
