import NIOCore
import RoomConfiguration

/// What a new connection goes through before its first request: who the visitor is, TLS, and which HTTP is spoken.
/// Each step is a handler that, when it knows enough, puts the next one behind itself and leaves.
struct ConnectionOpening: Sendable {
    let gate: NIOLoopBound<GateLoop>
    let listener: Listener

    /// Begins with a connection that was accepted just now, on its event loop.
    func open(_ channel: any Channel) throws {
        try secure(channel, peer: channel.remoteAddress?.ipAddress ?? "unknown")
    }

    /// TLS where the listener speaks it. Without a certificate, which a reload may have taken away, nobody is served.
    private func secure(_ channel: any Channel, peer: String) throws {
        guard listener.service == .https else {
            try serve(channel, VisitorPeer(peer), negotiated: nil)
            return
        }
        guard let context = gate.value.routing.tls.visitors else { throw ChannelError.operationUnsupported }
        try VisitorHandshake.begin(on: channel, gate: gate.value, context: context) { channel, negotiated in
            try serve(channel, VisitorPeer(peer, isSecure: true), negotiated: negotiated)
        }
    }

    /// Ends with HTTP/1.1, which without TLS may still turn out to be HTTP/2.
    /// - Parameter negotiated: by ALPN (RFC 7301); nil if the visitor asked for nothing that is spoken here.
    private func serve(_ channel: any Channel, _ peer: VisitorPeer, negotiated: String?) throws {
        let handler = DownstreamHandler(gate: gate.value, peer: peer, service: listener.service)
        try channel.pipeline.syncOperations.addHandler(handler)
    }
}
