import NIOCore
import NIOWebSocket

/// Sends every data frame back as it came, fragments included, and answers pings and closes (RFC 6455 §5.5).
final class WebSocketEcho: ChannelDuplexHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundIn = WebSocketFrame
    typealias OutboundOut = WebSocketFrame

    private var isClosing = false
    private var isReadPending = false

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isClosing else { return }
        let frame = unwrapInboundIn(data)
        switch frame.opcode {
        case .text, .binary, .continuation:
            send(frame.opcode, fin: frame.fin, frame.unmaskedData, context: context)
        case .ping:
            send(.pong, fin: true, frame.unmaskedData, context: context)
        case .connectionClose:
            isClosing = true
            let echo = WebSocketFrame(fin: true, opcode: .connectionClose, data: frame.unmaskedData)
            context.writeAndFlush(wrapOutboundOut(echo)).assumeIsolated().whenComplete { _ in
                context.close(promise: nil)
            }
        default:
            break
        }
    }

    /// Reads on only while what was read can be sent back.
    func read(context: ChannelHandlerContext) {
        if context.channel.isWritable { context.read() } else { isReadPending = true }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if isReadPending, context.channel.isWritable {
            isReadPending = false
            context.read()
        }
        context.fireChannelWritabilityChanged()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .some(.inputClosed) = event as? ChannelEvent { context.close(promise: nil) }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // The protocol error handler answers what broke the protocol, and closes.
        if !(error is NIOWebSocketError) { context.close(promise: nil) }
    }

    private func send(_ opcode: WebSocketOpcode, fin: Bool, _ data: ByteBuffer, context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(WebSocketFrame(fin: fin, opcode: opcode, data: data)), promise: nil)
    }
}
