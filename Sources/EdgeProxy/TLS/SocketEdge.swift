import NIOCore

/// The end of a TLS connection's pipeline that faces the socket. TLS ends a connection by saying so and then waits for
/// the other side to say the same; whoever merely hangs up, as most do, would cost a descriptor for all that time. So
/// the socket is closed from here, beneath TLS, with its last alert before or without. And what TLS has made of the
/// bytes passes NIO by here, as it does without TLS.
///
/// Bound to the connection's event loop.
final class SocketEdge: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private var context: ChannelHandlerContext?
    private var output: SocketWriter?

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        output = SocketWriter(context)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        output = nil
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard let output else {
            context.write(data, promise: promise)
            return
        }
        output.write(unwrapOutboundIn(data), promise: promise)
    }

    func flush(context: ChannelHandlerContext) {
        guard let output else {
            context.flush()
            return
        }
        output.flush()
    }

    /// Closes the socket; what it has not taken yet is lost.
    func close() { context?.close(promise: nil) }
}
