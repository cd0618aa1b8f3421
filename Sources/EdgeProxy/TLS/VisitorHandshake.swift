import NIOCore
import NIOSSL
import NIOTLS
import RoomConfiguration
import WaitingRoom

#if canImport(Glibc)
import Glibc
#endif

/// A visitor's connection until its TLS handshake ends, for `timeouts.tls_handshake` at most.
///
/// Bound to its event loop.
final class VisitorHandshake: ChannelInboundHandler, RemovableChannelHandler, VisitorConnection {
    typealias InboundIn = ByteBuffer

    private let gate: GateLoop
    private let edge: SocketEdge
    /// Puts the next handler behind this one; told the protocol that was agreed on (ALPN).
    private let serve: (any Channel, String?) throws -> Void
    private var slot: DeadlineTable.Slot = -1
    private var hasFailed = false

    private init(gate: GateLoop, edge: SocketEdge, serve: @escaping (any Channel, String?) throws -> Void) {
        self.gate = gate
        self.edge = edge
        self.serve = serve
    }

    /// Begins TLS on a connection that was accepted.
    static func begin(
        on channel: any Channel, gate: GateLoop, context: NIOSSLContext,
        serve: @escaping (any Channel, String?) throws -> Void
    ) throws {
        let edge = SocketEdge()
        let handshake = VisitorHandshake(gate: gate, edge: edge, serve: serve)
        try channel.pipeline.syncOperations.addHandlers(edge, NIOSSLServerHandler(context: context), handshake)
    }

    /// Told to those behind when they are there.
    func channelActive(context: ChannelHandlerContext) {
        slot = gate.deadlines.register(self)
        gate.deadlines.set(slot, after: gate.timeouts.tlsHandshake)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        guard slot >= 0 else { return }
        gate.deadlines.unregister(slot)
        slot = -1
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case TLSUserEvent.handshakeCompleted(let negotiated)? = event as? TLSUserEvent else {
            context.fireUserInboundEventTriggered(event)
            return
        }
        acknowledge(context.channel)
        do {
            try serve(context.channel, negotiated)
            context.fireChannelActive()
        } catch {
            closeNow()
        }
        context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
    }

    /// Tells the visitor's system at once that the last of the handshake has come. Nothing is sent in answer to it, so the
    /// word would wait for 40 ms, and with it, where Nagle's algorithm is on, the first request.
    private func acknowledge(_ channel: any Channel) {
        #if canImport(Glibc)
        try? channel.syncOptions?.setOption(.tcpOption(.init(rawValue: TCP_QUICKACK)), value: 1)
        #endif
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { fail() }

    // MARK: VisitorConnection

    func deadlinePassed() { fail() }

    var idleTime: Milliseconds? { nil }

    /// What has begun may end: a request is on its way.
    func drain() {}

    func closeNow() { edge.close() }

    private func fail() {
        if !hasFailed { gate.counters.refuse(.handshake) }
        hasFailed = true
        closeNow()
    }
}
