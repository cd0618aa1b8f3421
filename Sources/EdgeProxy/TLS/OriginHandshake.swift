import CertificateNames
import NIOCore
import NIOSSL
import NIOTLS
import RoomConfiguration
import WaitingRoom

/// A connection to an https origin until its TLS handshake ends, or its time.
///
/// Bound to its event loop.
final class OriginHandshake: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer

    private let origin: Origin
    private let tls: OriginSecurity
    private let time: Milliseconds
    private let edge = SocketEdge()
    private var client: NIOSSLClientHandler?
    private var timer: Scheduled<Void>?
    /// Nil once it is kept.
    private var done: EventLoopPromise<Void>?

    /// - Parameter done: fails with an `UpstreamFailure`.
    init(with origin: Origin, _ tls: OriginSecurity, within time: Milliseconds, done: EventLoopPromise<Void>) {
        self.origin = origin
        self.tls = tls
        self.time = time
        self.done = done
    }

    /// The name that is asked for and must stand in the certificate; nil for an address, which must stand there as one.
    private var name: String? {
        tls.settings.serverName ?? (IPAddress(origin.host) == nil ? origin.host : nil)
    }

    /// Puts TLS before what is added next.
    func begin(on pipeline: ChannelPipeline.SynchronousOperations) throws {
        let client = try NIOSSLClientHandler(context: tls.context, serverHostname: name)
        self.client = client
        try pipeline.addHandlers(edge, client, self)
    }

    func channelActive(context: ChannelHandlerContext) {
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(time.count)) { [self] in
            end(.failure(.handshake("the TLS handshake with the origin took too long")))
        }
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        end(.failure(.handshake("the origin closed the connection within the TLS handshake")))
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
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
        guard let name, tls.settings.verifies else { return true }
        return client?.peerCertificate.map { CertificateNames($0).cover(name) } ?? false
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        end(.failure(.handshake(Self.reason(of: error))))
    }

    private static let wrongName: StaticString = "the origin's certificate is for another name"

    private func end(_ result: Result<Void, UpstreamFailure>) {
        guard let done else { return }
        self.done = nil
        timer?.cancel()
        timer = nil
        switch result {
        case .success: done.succeed()
        case .failure(let failure):
            done.fail(failure)
            edge.close()
        }
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
