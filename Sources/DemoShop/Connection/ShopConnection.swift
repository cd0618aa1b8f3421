import NIOCore
import NIOHTTP1
import NIOWebSocket

/// One visitor's connection: takes requests one after the other and writes their answers, never more than the
/// connection takes.
final class ShopConnection: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private enum State {
        /// Next: `receiving`.
        case idle
        /// A request's head has come, its end has not. Next: `waiting`, `sending`, `idle`, `closing`.
        case receiving(HTTPRequestHead, ReceivedBody)
        /// The answer is held back for a while. Next: `sending`, `idle`, `closing`.
        case waiting
        /// The answer's head is written, its body is not. Next: `idle`, `closing`.
        case sending(any BodySource, closes: Bool)
        case closing
    }

    /// Bytes written before other connections of the loop get their turn.
    private static let turn = 1024 * 1024

    private let handlers: HTTPHandlers
    private var state = State.idle
    private var isInputClosed = false
    private var isPumping = false
    private var timer: Scheduled<Void>?

    init(handlers: HTTPHandlers) {
        self.handlers = handlers
    }

    // MARK: Requests

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch (unwrapInboundIn(data), state) {
        case (.head(let head), .idle):
            state = .receiving(head, ReceivedBody())
            if head.version != .http1_0, head.headers.first(name: "expect")?.lowercased() == "100-continue" {
                let interim = HTTPResponseHead(version: .http1_1, status: .continue)
                context.writeAndFlush(wrapOutboundOut(.head(interim)), promise: nil)
            }
        case (.body(let bytes), .receiving(let head, var body)):
            // So that the array in `body` is not shared, and not copied, when it grows.
            state = .idle
            body.append(bytes)
            state = .receiving(head, body)
        case (.end, .receiving(let head, let body)):
            let request = Request(head: head, body: body)
            if request.path == "/ws", head.asksForWebSocket {
                openWebSocket(head, context: context)
            } else {
                answer(request, with: Routes.answer(request), context: context)
            }
        default:
            break
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .some(.inputClosed) = event as? ChannelEvent {
            isInputClosed = true
            switch state {
            case .idle, .receiving: context.close(promise: nil)
            case .waiting, .sending, .closing: break
            }
        }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        state = .closing
        timer?.cancel()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        state = .closing
        context.close(promise: nil)
    }

    // MARK: Answers

    private func answer(_ request: Request, with response: Response, context: ChannelHandlerContext) {
        guard let delay = response.delay else { return send(response, to: request.head, context: context) }
        state = .waiting
        after(delay, context: context) { self.send(response, to: request.head, context: context) }
    }

    private func send(_ response: Response, to head: HTTPRequestHead, context: ChannelHandlerContext) {
        if let hints = response.earlyHints, head.version != .http1_0 {
            let status = HTTPResponseStatus.custom(code: 103, reasonPhrase: "Early Hints")
            let interim = HTTPResponseHead(version: .http1_1, status: status, headers: hints)
            context.writeAndFlush(wrapOutboundOut(.head(interim)), promise: nil)
        }
        let framed = response.framed(for: head, date: HTTPDate.now)
        context.write(wrapOutboundOut(.head(framed.head)), promise: nil)
        state = .sending(framed.source, closes: framed.closes)
        pump(context: context)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        pump(context: context)
        context.fireChannelWritabilityChanged()
    }

    /// Writes the body as far as the connection takes it. Goes on when it is writable again, or when the source is.
    private func pump(context: ChannelHandlerContext) {
        guard !isPumping else { return }
        isPumping = true
        var written = 0
        while context.channel.isWritable, case .sending(var source, let closes) = state {
            let step = source.next()
            state = .sending(source, closes: closes)
            switch step {
            case .bytes(let bytes):
                written += bytes.readableBytes
                context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(bytes))), promise: nil)
                if written >= Self.turn {
                    isPumping = false
                    return after(.zero, context: context) { self.pump(context: context) }
                }
            case .pause(let time):
                context.flush()
                isPumping = false
                return after(time, context: context) { self.pump(context: context) }
            case .end:
                isPumping = false
                return finish(closes: closes, context: context)
            }
        }
        isPumping = false
    }

    private func finish(closes: Bool, context: ChannelHandlerContext) {
        // Before the end is written: that may bring the next, pipelined request here.
        state = closes || isInputClosed ? .closing : .idle
        guard case .closing = state else {
            return context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        }
        context.writeAndFlush(wrapOutboundOut(.end(nil))).assumeIsolated().whenComplete { _ in
            context.close(promise: nil)
        }
    }

    private func after(_ time: TimeAmount, context: ChannelHandlerContext, _ action: @escaping () -> Void) {
        timer?.cancel()
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: time) { [self] in
            timer = nil
            if case .closing = state { return }
            action()
        }
    }

    // MARK: WebSocket

    private func openWebSocket(_ head: HTTPRequestHead, context: ChannelHandlerContext) {
        let upgrader = NIOWebSocketServerUpgrader(
            shouldUpgrade: { channel, _ in channel.eventLoop.makeSucceededFuture([:]) },
            upgradePipelineHandler: { channel, _ in channel.eventLoop.makeSucceededVoidFuture() })
        upgrader.buildUpgradeResponse(channel: context.channel, upgradeRequest: head, initialResponseHeaders: [:])
            .assumeIsolated().whenComplete { [self] result in
                switch result {
                case .success(let headers):
                    let switching = HTTPResponseHead(version: .http1_1, status: .switchingProtocols, headers: headers)
                    context.writeAndFlush(wrapOutboundOut(.head(switching)), promise: nil)
                    state = .closing
                    do {
                        try handlers.replace(self, in: context.pipeline.syncOperations)
                    } catch {
                        context.close(promise: nil)
                    }
                case .failure:
                    var response = Response.text("This is a WebSocket of version 13.\n", status: .upgradeRequired)
                    response.headers.add(name: "Sec-WebSocket-Version", value: "13")
                    send(response, to: head, context: context)
                }
            }
    }
}
