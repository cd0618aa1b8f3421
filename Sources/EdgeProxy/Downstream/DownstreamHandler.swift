import HTTPWire
import NIOCore
import RoomConfiguration
import VisitorAPI
import WaitingRoom

/// One visitor's connection, or one stream of it in HTTP/2: reads requests, decides, and relays to the origin or answers itself. One exchange at a
/// time; requests that are sent ahead wait in the connection.
///
/// Bound to its event loop, as is everything that it touches. The parts that belong together are in extensions:
/// `+Request` (bytes to verdict), `+Forward` (to the origin and back), `+Answer` (the gate's own answers and the end of
/// an exchange), `+Tunnel` (WebSockets).
final class DownstreamHandler: ChannelDuplexHandler, VisitorConnection {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    enum Phase {
        /// Between two requests. Next: `head`, `deciding`, `forwarding`, `lingering`, `closed`.
        case idle
        /// A request has begun; its head is not whole.
        case head
        /// The body of an API call is being collected. Next: `deciding`.
        case collecting
        /// The desk has been asked. Next: `forwarding`, `idle`, `tunnel`.
        case deciding
        /// The origin has the request or is being connected to. Next: `idle`, `lingering`, `tunnel`, `closed`.
        case forwarding
        /// The last answer is written and its connection half closed; what still comes is dropped, so that the visitor
        /// can read the answer before the connection is reset (RFC 9112 §9.6).
        case lingering
        /// Raw bytes both ways.
        case tunnel
        /// A WebSocket of the gate's own.
        case live(LiveSession)
        /// HTTP/2 has taken over; this handler is about to leave the pipeline.
        case handedOver
        case closed
    }

    /// Lives as long as its event loop.
    let gate: GateLoop
    var context: ChannelHandlerContext?
    private var output: SocketWriter?
    var phase = Phase.idle
    /// Bytes that belong to no exchange yet, or to the body of one that cannot take them yet.
    var pending = ByteBuffer()
    var exchange: Exchange?
    var upstream: UpstreamHandler?
    /// The request's body, as far as it is still to come.
    var requestBody = BodyReader(.none)
    /// Counts exchanges, so that a late verdict finds out that its request is gone.
    var generation: UInt32 = 0
    var slot: DeadlineTable.Slot = -1
    /// The connection closes when the answer is written.
    var closesAfterAnswer = false
    /// The API call whose body is being collected.
    var collectedRequest: VisitorRequest?
    /// Bytes went through the tunnel since the session was last noted as alive.
    var hasTunnelTraffic = false
    /// The visitor has closed its side.
    var inputIsClosed = false
    private var holdsRead = false
    /// While `consume` runs, an exchange that ends leaves the next request to its loop.
    var isConsuming = false

    let peer: VisitorPeer
    /// The HTTP/2 stream that this is, in place of a connection: it has one exchange and no channel.
    let stream: HTTP2Stream?
    /// What the listener is for.
    let service: Listener.Service

    init(gate: GateLoop, peer: VisitorPeer, service: Listener.Service = .http, stream: HTTP2Stream? = nil) {
        self.gate = gate
        self.peer = peer
        self.service = service
        self.stream = stream
    }

    // MARK: Channel events

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        output = SocketWriter(context, isSecure: peer.isSecure)
    }

    func channelActive(context: ChannelHandlerContext) {
        slot = gate.deadlines.register(self)
        gate.deadlines.set(slot, after: gate.timeouts.head)
        if gate.isDraining { drain() }
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        gate.takeTime()
        ended()
        output = nil
        self.context = nil
        context.fireChannelInactive()
    }

    /// One that was handed over leaves before its channel ends: it and its context would hold each other for ever.
    func handlerRemoved(context: ChannelHandlerContext) {
        output = nil
        self.context = nil
    }

    /// The connection, or the stream, is no more.
    func ended() {
        leave()
        if case .live(let session) = phase { session.stop() }
        if exchange != nil { abort() }
        phase = .closed
        upstream?.close()
        upstream = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        gate.takeTime()
        if case .handedOver = phase { context.fireChannelRead(data) } else { receive(unwrapInboundIn(data)) }
    }

    /// Takes bytes of the visitor.
    func receive(_ received: ByteBuffer) {
        var bytes = received
        switch phase {
        case .tunnel:
            gate.deadlines.set(slot, after: gate.timeouts.tunnelIdle)
            hasTunnelTraffic = true
            upstream?.write(bytes)
        case .live(let session):
            session.receive(&bytes)
        case .lingering, .closed, .handedOver:
            break
        case .idle, .head, .collecting, .deciding, .forwarding:
            if isConsuming {
                // A write that failed lets NIO read what is left before it closes, within `consume`.
                pending.writeBuffer(&bytes)
                return
            }
            if pending.readableBytes > 0 {
                pending.writeBuffer(&bytes)
                swap(&bytes, &pending)
                pending = ByteBuffer()
            }
            consume(&bytes)
            keep(&bytes)
        }
    }

    /// Puts bytes aside that nobody could use yet, before those that have come meanwhile. They are copied, for the
    /// receive buffer is shared with the channel.
    func keep(_ bytes: inout ByteBuffer) {
        guard bytes.readableBytes > 0 else { return }
        guard pending.readableBytes > 0 else {
            pending.writeBuffer(&bytes)
            return
        }
        var rest = ByteBuffer()
        rest.writeBuffer(&bytes)
        rest.writeBuffer(&pending)
        pending = rest
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        upstream?.flush()
        // Behind this handler there is nobody, unless the connection was handed over.
        if case .handedOver = phase { context.fireChannelReadComplete() }
    }

    /// Reading stops while the origin cannot take more, and while bytes are here that nobody can use yet.
    func read(context: ChannelHandlerContext) {
        if mayRead {
            context.read()
        } else {
            holdsRead = true
        }
    }

    var mayRead: Bool {
        switch phase {
        case .idle: pending.readableBytes == 0 || isWritable
        case .head, .collecting, .lingering, .handedOver, .closed: true
        case .deciding: pending.readableBytes == 0
        case .forwarding: pending.readableBytes == 0 && (upstream?.isWritable ?? (requestBody.isComplete))
        case .tunnel: upstream?.isWritable ?? true
        case .live: isWritable
        }
    }

    /// Reads on if reading was held back and may go on.
    func resumeReading() {
        guard holdsRead, mayRead else { return }
        holdsRead = false
        if let stream { stream.read() } else { context?.read() }
    }

    /// What came cannot be used yet.
    func holdRead() { holdsRead = true }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        gate.takeTime()
        if context.channel.isWritable { becameWritable() }
        context.fireChannelWritabilityChanged()
    }

    func becameWritable() {
        // A stream may have no window where its connection has room.
        guard isWritable else { return }
        if let upstream, upstream.resumeReading() { answerIsTaken() }
        switch phase {
        case .idle:
            consumePending()
            resumeReading()
        case .live: resumeReading()
        default: break
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case ChannelEvent.inputClosed? = event as? ChannelEvent else {
            context.fireUserInboundEventTriggered(event)
            return
        }
        gate.takeTime()
        inputIsClosed = true
        switch phase {
        case .tunnel: upstream?.closeOutput()
        case .live: closeNow()
        case .handedOver: context.fireUserInboundEventTriggered(event)
        case .forwarding, .deciding:
            // A visitor that only closed its sending side still gets the answer to a whole request.
            if !requestBody.isComplete { closeNow() }
        case .idle, .head, .collecting, .lingering, .closed: closeNow()
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { closeNow() }

    func deadlinePassed() {
        switch phase {
        case .idle: closeNow()
        case .head: refuse(HeadRefusal(408, "The request took too long to arrive."))
        case .collecting: refuse(HeadRefusal(408, "The request's body took too long to arrive."))
        case .deciding: answerError(503)
        case .forwarding: forwardingTimedOut()
        case .lingering, .tunnel, .closed, .live, .handedOver: closeNow()
        }
    }

    // MARK: Closing

    /// An idle connection closes in a moment, a busy one after its answer.
    func drain() {
        // The connection speaks for its streams.
        guard stream == nil else { return }
        switch phase {
        case .idle where pending.readableBytes == 0: gate.deadlines.set(slot, after: Self.drainGrace)
        case .tunnel, .live, .handedOver: break
        default: closesAfterAnswer = true
        }
    }

    var idleTime: Milliseconds? {
        guard stream == nil, case .idle = phase, pending.readableBytes == 0, let left = gate.deadlines.left(slot) else {
            return nil
        }
        let whole = generation == 0 ? gate.timeouts.head : gate.timeouts.idle
        return Milliseconds(max(0, whole.count - left.count))
    }

    func closeNow() {
        if let stream {
            stream.close()
            return
        }
        // An answer that is cut off must not look whole.
        if exchange?.isAnswerStarted ?? false { output?.abort() } else { output?.close() }
    }

    /// The answer that was begun will not be finished.
    func closeWithinAnswer() {
        if let stream { stream.close() } else { output?.abort() }
    }

    /// Nothing more will come through the tunnel.
    func closeOutput() {
        flush()
        if let stream { stream.end() } else { output?.closeOutput() }
    }

    /// Closes after what was written has left, so that the visitor can read it: where more of the request may be on its
    /// way, the sending side only, and then the rest is listened to for a while.
    func closeGracefully() {
        guard let context else { return }
        let hearsMore = !requestBody.isComplete || pending.readableBytes > 0
        phase = .lingering
        pending = ByteBuffer()
        gate.deadlines.set(slot, after: gate.timeouts.bodyProgress)
        let written = context.eventLoop.makePromise(of: Void.self)
        context.writeAndFlush(wrapOutboundOut(ByteBuffer()), promise: written)
        written.futureResult.assumeIsolated().whenComplete { [self] _ in
            guard hearsMore else {
                output?.close()
                return
            }
            gate.deadlines.set(slot, after: .seconds(5))
            context.close(mode: .output, promise: nil)
        }
        resumeReading()
    }

    /// False once `ended` has run.
    var isConnected: Bool { stream?.isOpen ?? (context != nil) }

    func leave() {
        gate.tunnels.remove(self)
        guard slot >= 0 else { return }
        gate.deadlines.unregister(slot)
        slot = -1
    }

    /// Another handler reads from now on: a read that was held back must not stay so.
    func releaseRead() {
        guard holdsRead else { return }
        holdsRead = false
        context?.read()
    }

    // MARK: Writing to the visitor

    var isWritable: Bool { output?.isWritable ?? stream?.isWritable ?? false }

    func write(_ bytes: ByteBuffer) {
        if let output { output.write(bytes) } else { stream?.write(bytes) }
    }

    /// Writes an answer of the gate's own.
    func write(_ head: ByteBuffer, body: [UInt8]) {
        if let output {
            output.write(head, body: body)
        } else if let stream {
            var whole = head
            whole.writeBytes(body)
            stream.write(whole)
        }
    }

    /// A stream's bytes leave with those of the others on its connection.
    func flush() { output?.flush() }
}
