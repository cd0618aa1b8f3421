import NIOCore
import RoomConfiguration

/// What a new connection goes through before its first request: who the visitor is, TLS, and which HTTP is spoken.
/// Each step is a handler that, when it knows enough, puts the next one behind itself and leaves.
struct ConnectionOpening: Sendable {
    let gate: NIOLoopBound<GateLoop>
    let listener: Listener

    /// Begins with a connection that was accepted just now, on its event loop.
    func open(_ channel: any Channel) throws {
        let peer = channel.remoteAddress?.ipAddress ?? "unknown"
        try serve(channel, VisitorPeer(peer))
    }

    /// Ends with HTTP/1.1, which may still turn out to be HTTP/2 without TLS.
    private func serve(_ channel: any Channel, _ peer: VisitorPeer) throws {
        try channel.pipeline.syncOperations.addHandler(DownstreamHandler(gate: gate.value, peer: peer))
    }
}
