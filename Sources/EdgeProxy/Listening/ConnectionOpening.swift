import NIOCore
import RoomConfiguration

/// What a new connection goes through before its first request: who the visitor is, TLS, and which HTTP is spoken.
/// Each step is a handler that, when it knows enough, puts the next one behind itself and leaves.
struct ConnectionOpening: Sendable {
    let gate: NIOLoopBound<GateLoop>
    let listener: Listener
    /// The listener's place in `gate.listen`.
    let index: Int

    /// Begins with a connection that was accepted just now, on its event loop: counted until it closes, whatever
    /// becomes of it.
    /// - Throws: why it is not taken; NIO closes it.
    func open(_ channel: any Channel) throws {
        let gate = gate.value
        let ledger = gate.ledger
        do throws(ConnectionLedger.Refusal) {
            try ledger.enter(listener: index, limit: gate.routing.gate.limits.connections)
        } catch {
            gate.counters.refuse(error)
            gate.regulate()
            throw error
        }
        gate.counters.connections += 1
        channel.closeFuture.whenComplete { [self] _ in
            ledger.leave(listener: index)
            self.gate.value.counters.connections -= 1
        }
        gate.regulate()
        let peer = VisitorPeer(of: channel)
        if listener.takesProxyProtocol {
            try identify(channel, by: peer)
        } else {
            try welcome(channel, peer)
        }
    }

    /// A header of the PROXY protocol, from a trusted proxy, says who the visitor is.
    private func identify(_ channel: any Channel, by proxy: VisitorPeer) throws {
        guard gate.value.trusts(proxy.address) else { throw refusal(.untrustedProxy) }
        try channel.pipeline.syncOperations.addHandler(
            ProxyHeaderHandler(gate: gate.value, proxy: proxy) { channel, peer in try welcome(channel, peer) })
    }

    /// Counts the visitor's address. A trusted proxy has as many connections as it has visitors.
    private func welcome(_ channel: any Channel, _ peer: VisitorPeer) throws {
        let gate = gate.value
        if let address = peer.address, !gate.trusts(address) {
            do throws(ConnectionLedger.Refusal) {
                try gate.ledger.enter(address, limit: gate.routing.gate.limits.connectionsPerAddress)
            } catch {
                throw refusal(error)
            }
            let ledger = gate.ledger
            channel.closeFuture.whenComplete { _ in ledger.leave(address) }
        }
        try secure(channel, peer)
    }

    /// TLS where the listener speaks it. Without a certificate, which a reload may have taken away, nobody is served.
    private func secure(_ channel: any Channel, _ peer: VisitorPeer) throws {
        guard listener.service == .https else {
            try serve(channel, peer, negotiated: nil)
            return
        }
        guard let context = gate.value.routing.tls.visitors else { throw refusal(.noCertificate) }
        try VisitorHandshake.begin(on: channel, gate: gate.value, context: context) { channel, negotiated in
            try serve(channel, peer.secured, negotiated: negotiated)
        }
    }

    /// Ends with HTTP/2 if that was agreed on, else with HTTP/1.1, which without TLS may still turn out to be HTTP/2.
    /// - Parameter negotiated: by ALPN (RFC 7301); nil if the visitor asked for nothing that is spoken here.
    private func serve(_ channel: any Channel, _ peer: VisitorPeer, negotiated: String?) throws {
        let pipeline = channel.pipeline.syncOperations
        if negotiated == TLSContexts.http2 {
            try pipeline.addHandler(HTTP2Connection(gate: gate.value, peer: peer, service: listener.service))
        } else {
            try pipeline.addHandler(DownstreamHandler(gate: gate.value, peer: peer, service: listener.service))
        }
    }

    private func refusal(_ reason: ConnectionLedger.Refusal) -> ConnectionLedger.Refusal {
        gate.value.counters.refuse(reason)
        return reason
    }
}
