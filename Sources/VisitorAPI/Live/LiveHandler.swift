import NIOCore
import NIOWebSocket
import RoomConfiguration
import WaitingRoom

/// One visitor's live connection (RFC 6455): sends the position's JSON at each change, pings at the room's heartbeat
/// interval, and takes each frame that comes back as a sign of life.
///
/// It writes nothing to a visitor who does not read, and then reads nothing either.
final class LiveHandler: ChannelDuplexHandler, LiveListener {
    typealias InboundIn = WebSocketFrame
    typealias OutboundIn = WebSocketFrame
    typealias OutboundOut = WebSocketFrame

    /// How many frames a visitor may send between two pings; a browser sends a pong and now and then a close.
    private static let frameLimit = 100
    /// How long a closing handshake may take.
    private static let closingTime = TimeAmount.seconds(5)

    private let ticket: LiveTicket
    private let desk: VisitorDesk
    private let board: NIOLoopBound<LiveBoard>
    private let activity: NIOLoopBound<LoopActivity>
    private var context: ChannelHandlerContext?
    private(set) var lastPlace: Place?
    private var lastStatus: RoomStatus?
    private var pings: RepeatedTask?
    private var unansweredPings = 0
    private var framesSincePing = 0
    private var isClosing = false
    private var holdsRead = false

    init(
        ticket: LiveTicket, desk: VisitorDesk, board: NIOLoopBound<LiveBoard>, activity: NIOLoopBound<LoopActivity>
    ) {
        self.ticket = ticket
        self.desk = desk
        self.board = board
        self.activity = activity
    }

    var position: PositionID { ticket.position }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        guard board.value.add(self, to: ticket.room) else {
            // "Try again later", of the registry that RFC 6455 §11.7 opened.
            close(.unknown(1013))
            return
        }
        activity.value.heartbeat(ticket.position, in: ticket.room)
        let interval = ticket.request.rule?.settings.heartbeatInterval ?? .seconds(10)
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        let delay = TimeAmount.milliseconds(max(1000, interval.count))
        pings = context.eventLoop.scheduleRepeatedTask(initialDelay: delay, delay: delay) { _ in bound.value.ping() }
        let (desk, ticket) = (desk, ticket)
        Task {
            let place = await desk.place(of: ticket)
            desk.loop.execute { bound.value.tell(place) }
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) { leave() }

    func channelInactive(context: ChannelHandlerContext) {
        leave()
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed? = event as? ChannelEvent { context.close(promise: nil) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { close(.protocolError) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = unwrapInboundIn(data)
        guard !isClosing else { return }
        framesSincePing += 1
        // RFC 6455 §5.1: a client masks every frame.
        guard let key = frame.maskKey, framesSincePing <= Self.frameLimit else {
            close(frame.maskKey == nil ? .protocolError : .policyViolation)
            return
        }
        unansweredPings = 0
        switch frame.opcode {
        case .ping:
            // RFC 6455 §5.5.3: of several pings the last needs an answer, and a visitor who reads will send one more.
            guard context.channel.isWritable else { break }
            var payload = frame.data
            payload.webSocketUnmask(key)
            context.writeAndFlush(
                wrapOutboundOut(WebSocketFrame(fin: true, opcode: .pong, data: payload)), promise: nil)
        case .connectionClose:
            close(.normalClosure)
            return
        default:
            break
        }
        activity.value.heartbeat(ticket.position, in: ticket.room)
    }

    func read(context: ChannelHandlerContext) {
        if context.channel.isWritable { context.read() } else { holdsRead = true }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if holdsRead, context.channel.isWritable {
            holdsRead = false
            context.read()
        }
        context.fireChannelWritabilityChanged()
    }

    // MARK: Changes

    func tell(_ place: Place?) {
        guard !isClosing, let context else { return }
        guard let place else {
            close(.goingAway)
            return
        }
        let shown = lastPlace
        lastPlace = place
        if let shown, shown.rank == place.rank, shown.totalWaiting == place.totalWaiting,
            shown.position.status == place.position.status
        {
            roomChanged()
            return
        }
        lastStatus = desk.roomStatus(ticket)
        if place.position.status == .waiting {
            if let text = desk.waitingText(place, ticket) { send(text) }
            return
        }
        let (desk, ticket) = (desk, ticket)
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        Task {
            let text = await desk.liveText(place, ticket)
            desk.loop.execute { bound.value.sendLast(text) }
        }
    }

    func roomChanged() {
        guard let lastPlace, lastPlace.position.status == .waiting, let status = desk.roomStatus(ticket),
            status != lastStatus, let text = desk.waitingText(lastPlace, ticket)
        else { return }
        lastStatus = status
        send(text)
    }

    func release() { close(.goingAway) }

    /// The state that ends the wait: after it there is nothing more to follow.
    private func sendLast(_ text: [UInt8]?) {
        guard let text else { return }
        send(text)
        board.value.remove(self, from: ticket.room)
    }

    private func send(_ text: [UInt8]) {
        // A visitor who does not read is told the latest state later, not every state at once.
        guard let context, context.channel.isWritable else { return }
        let frame = WebSocketFrame(fin: true, opcode: .text, data: ByteBuffer(bytes: text))
        context.writeAndFlush(wrapOutboundOut(frame), promise: nil)
    }

    private func ping() {
        guard let context else { return }
        unansweredPings += 1
        framesSincePing = 0
        if unansweredPings > 3 {
            context.close(promise: nil)
            return
        }
        guard context.channel.isWritable else { return }
        context.writeAndFlush(
            wrapOutboundOut(WebSocketFrame(fin: true, opcode: .ping, data: ByteBuffer())), promise: nil)
    }

    private func close(_ code: WebSocketErrorCode) {
        guard !isClosing, let context else { return }
        isClosing = true
        leave()
        guard context.channel.isWritable else {
            context.close(promise: nil)
            return
        }
        var payload = ByteBuffer()
        payload.write(webSocketErrorCode: code)
        let frame = WebSocketFrame(fin: true, opcode: .connectionClose, data: payload)
        let written = context.eventLoop.makePromise(of: Void.self)
        context.writeAndFlush(wrapOutboundOut(frame), promise: written)
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        written.futureResult.whenComplete { _ in bound.value.close(promise: nil) }
        context.eventLoop.scheduleTask(in: Self.closingTime) { bound.value.close(promise: nil) }
    }

    private func leave() {
        board.value.remove(self, from: ticket.room)
        pings?.cancel()
        pings = nil
    }
}
