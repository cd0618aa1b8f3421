import NIOCore

/// The end of a TLS connection's pipeline that faces the socket. TLS ends a connection by saying so and then waits for
/// the other side to say the same; whoever merely hangs up, as most do, would cost a descriptor for all that time. So
/// the socket is closed from here, beneath TLS, with its last alert before or without.
///
/// Bound to the connection's event loop.
final class SocketEdge: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private var context: ChannelHandlerContext?

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    /// Closes the socket; what it has not taken yet is lost.
    func close() { context?.close(promise: nil) }
}
