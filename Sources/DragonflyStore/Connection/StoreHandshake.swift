import CertificateNames
import NIOCore
import NIOSSL
import NIOTLS

/// The TLS handshake with the store, from the connection to its end, before which no password is sent.
///
/// Asked for a name, the library is content with a certificate for the peer's address as well. But who can make the
/// name lead elsewhere has an address of his own there, and authorities sign addresses too.
final class StoreHandshake: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let client: NIOSSLClientHandler
    /// Nil where the store is named by its address.
    private let name: String?
    private let limit: TimeAmount
    private let done: EventLoopPromise<Void>
    private var timer: Scheduled<Void>?

    /// - Parameters:
    ///   - limit: for the whole handshake.
    ///   - done: kept when it has ended.
    /// - Throws: what keeps it from being begun.
    init(host: String, context: NIOSSLContext, within limit: TimeAmount, done: EventLoopPromise<Void>) throws {
        // Server names are not sent for addresses (RFC 6066 §3).
        let isAddress = (try? SocketAddress(ipAddress: host, port: 0)) != nil
        name = isAddress ? nil : host.lowercased()
        client = try NIOSSLClientHandler(context: context, serverHostname: isAddress ? nil : host)
        self.limit = limit
        self.done = done
    }

    /// Adds TLS and itself.
    func begin(on pipeline: ChannelPipeline.SynchronousOperations) throws { try pipeline.addHandlers(client, self) }

    func channelActive(context: ChannelHandlerContext) {
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: limit) { [done] in
            done.fail(ChannelError.connectTimeout(self.limit))
        }
        context.fireChannelActive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case TLSUserEvent.handshakeCompleted? = event as? TLSUserEvent {
            timer?.cancel()
            if isForName { done.succeed() } else { done.fail(NIOSSLExtraError.failedToValidateHostname) }
        }
        context.fireUserInboundEventTriggered(event)
    }

    private var isForName: Bool {
        guard let name else { return true }
        return client.peerCertificate.map { CertificateNames($0).cover(name) } ?? false
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        timer?.cancel()
        done.fail(error)
        context.fireErrorCaught(error)
    }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.cancel()
        done.fail(ChannelError.eof)
        context.fireChannelInactive()
    }
}
