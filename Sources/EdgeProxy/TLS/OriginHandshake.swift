import NIOCore
import NIOSSL
import NIOTLS
import RoomConfiguration

/// A connection to an https origin until its TLS handshake ends, for `timeouts.tls_handshake` at most.
///
/// Bound to its event loop.
final class OriginHandshake: ChannelInboundHandler, RemovableChannelHandler, DeadlineOwner {
    typealias InboundIn = ByteBuffer

    private let origin: Origin
    private let context: NIOSSLContext
    private let gate: GateLoop
    private let edge = SocketEdge()
    private var client: NIOSSLClientHandler?
    private var slot: DeadlineTable.Slot = -1
    private var result: Result<Void, UpstreamFailure>?
    private var done: ((Result<Void, UpstreamFailure>) -> Void)?

    init(with origin: Origin, context: NIOSSLContext, gate: GateLoop) {
        self.origin = origin
        self.context = context
        self.gate = gate
    }

    /// The name that is asked for and must stand in the certificate; nil for an address, which must stand there as one.
    private var name: String? {
        origin.tls?.serverName ?? (IPAddress(origin.host) == nil ? origin.host : nil)
    }

    /// Puts TLS before what is added next.
    func begin(on channel: any Channel) throws {
        let client = try NIOSSLClientHandler(context: context, serverHostname: name)
        self.client = client
        try channel.pipeline.syncOperations.addHandlers(edge, client, self)
    }

    /// Calls back once the handshake has ended, which may be at once.
    func whenDone(_ body: @escaping (Result<Void, UpstreamFailure>) -> Void) {
        if let result { body(result) } else { done = body }
    }

    func channelActive(context: ChannelHandlerContext) {
        slot = gate.deadlines.register(self)
        gate.deadlines.set(slot, after: gate.timeouts.tlsHandshake)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        end(.failure(.handshake("the origin closed the connection within the TLS handshake")))
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        if slot >= 0 { gate.deadlines.unregister(slot) }
        slot = -1
        done = nil
        client = nil
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case TLSUserEvent.handshakeCompleted? = event as? TLSUserEvent else {
            context.fireUserInboundEventTriggered(event)
            return
        }
        end(isForName ? .success(()) : .failure(.handshake(Self.wrongName)))
        context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
    }

    /// Asked for a name, the library is content with a certificate for the peer's address as well. But who can make the
    /// name lead elsewhere has an address of his own there, and authorities sign addresses too.
    private var isForName: Bool {
        guard let name, origin.tls?.verifies ?? false else { return true }
        return client?.peerCertificate.map { CertificateNames($0).cover(name) } ?? false
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        end(.failure(.handshake(Self.reason(of: error))))
    }

    func deadlinePassed() { end(.failure(.handshake("the TLS handshake with the origin took too long"))) }

    private static let wrongName: StaticString = "the origin's certificate is for another name"

    private func end(_ result: Result<Void, UpstreamFailure>) {
        guard self.result == nil else { return }
        self.result = result
        let done = done
        self.done = nil
        done?(result)
        if case .failure = result { edge.close() }
    }

    /// Why an origin cannot be spoken to by TLS, as far as the library tells.
    static func reason(of error: any Error) -> StaticString {
        if let error = error as? NIOSSLExtraError, error == .failedToValidateHostname {
            return wrongName
        }
        // The library gives its codes as text only.
        let text = "\(error)"
        if text.contains("CERTIFICATE_VERIFY_FAILED") {
            return "the origin's certificate is not trusted: out of date, or signed by nobody that is"
        }
        if text.contains("ALERT") {
            return "the origin refused the TLS handshake, perhaps for want of a certificate that it trusts"
        }
        return "the TLS handshake with the origin failed"
    }
}
