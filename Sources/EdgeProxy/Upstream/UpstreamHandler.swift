import HTTPWire
import NIOCore
import NIOSSL
import RoomConfiguration

/// One connection to an origin. It reads answers and hands them, rewritten, to the visitor's side; both sides live on
/// the same event loop and hold each other only while an exchange runs.
final class UpstreamHandler: ChannelDuplexHandler, DeadlineOwner {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum State {
        /// Connected, in the pool or on its way to an exchange.
        case idle
        /// A request was sent; the answer's head has not come whole.
        case head
        case body(BodyReader)
        /// The answer is whole; the request's body may still be on its way.
        case answered
        case tunnel
        case closed
    }

    let pool: UpstreamPool
    private var context: ChannelHandlerContext?
    private var output: SocketWriter?
    private var state = State.idle
    private var downstream: DownstreamHandler?
    /// The beginning of a head whose end has not come.
    private var partial = ByteBuffer()
    private var slot: DeadlineTable.Slot?
    private var holdsRead = false
    /// At least one exchange went over this connection before the present one.
    private(set) var isUsed = false

    init(pool: UpstreamPool) {
        self.pool = pool
        gate = pool.gate
    }

    private let gate: GateLoop

    var isReusable: Bool {
        if case .idle = state, let context, context.channel.isActive { true } else { false }
    }

    var isWritable: Bool { output?.isWritable ?? false }

    /// Between `begin` and the end of the exchange or the tunnel.
    private var isBusy: Bool {
        switch state {
        case .idle, .closed: false
        case .head, .body, .answered, .tunnel: true
        }
    }

    // MARK: What the visitor's side asks

    /// Begins an exchange: what is read from now on is the answer to it.
    func begin(_ downstream: DownstreamHandler) {
        self.downstream = downstream
        pool.running += 1
        state = .head
        if let slot { gate.deadlines.clear(slot) }
    }

    func write(_ bytes: ByteBuffer) { output?.write(bytes) }

    /// Sends with what follows.
    func queue(_ bytes: ByteBuffer) { output?.queue(bytes) }

    func flush() { output?.flush() }

    /// The visitor can take more.
    /// - Returns: whether reading was held back until now.
    @discardableResult func resumeReading() -> Bool {
        guard holdsRead else { return false }
        holdsRead = false
        context?.read()
        return true
    }

    /// The visitor will send nothing more through the tunnel.
    func closeOutput() { output?.closeOutput() }

    /// Leaves the exchange and closes.
    func close() {
        downstream = nil
        if case .closed = state { return }
        if isBusy { pool.running -= 1 }
        state = .closed
        output?.close()
    }

    /// Back in the pool.
    func becomeIdle() {
        downstream = nil
        isUsed = true
        if isBusy { pool.running -= 1 }
        state = .idle
        if let slot { gate.deadlines.set(slot, after: gate.timeouts.upstreamIdle) }
        resumeReading()
    }

    func deadlinePassed() {
        guard case .idle = state else { return }
        pool.remove(self)
        close()
    }

    // MARK: Channel events

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        // Not when active: the request is written before that event arrives here.
        output = SocketWriter(context, isSecure: pool.endpoint.tls != nil)
    }

    func channelActive(context: ChannelHandlerContext) {
        gate.counters.upstreamConnections += 1
        gate.ledger.enterOrigin()
        slot = gate.deadlines.register(self)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        gate.takeTime()
        var bytes = unwrapInboundIn(data)
        if partial.readableBytes > 0 {
            partial.writeBuffer(&bytes)
            bytes = partial
            partial = ByteBuffer()
        }
        process(&bytes)
    }

    func channelReadComplete(context: ChannelHandlerContext) { downstream?.flush() }

    func read(context: ChannelHandlerContext) {
        if let downstream, !downstream.isWritable {
            holdsRead = true
            downstream.answerIsHeld()
        } else {
            context.read()
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { downstream?.resumeReading() }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case ChannelEvent.inputClosed? = event as? ChannelEvent else {
            context.fireUserInboundEventTriggered(event)
            return
        }
        if case .tunnel = state {
            downstream?.closeOutput()
        } else {
            ended()
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        gate.counters.upstreamConnections -= 1
        gate.ledger.leaveOrigin()
        if let slot { gate.deadlines.unregister(slot) }
        slot = nil
        ended()
        output = nil
        self.context = nil
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        gate.takeTime()
        switch state {
        // RFC 9112 §9.8: what ends without the alert that TLS ends with may have been cut off.
        case .body where pool.endpoint.tls != nil: fail(.truncated)
        // Over TLS 1.3 a certificate is refused after the handshake.
        case .head where error is BoringSSLError: fail(.handshake(OriginHandshake.reason(of: error)))
        default: ended()
        }
    }

    // MARK: The answer

    private func process(_ bytes: inout ByteBuffer) {
        while bytes.readableBytes > 0 {
            switch state {
            case .idle:
                // Nobody asked for anything.
                pool.remove(self)
                close()
                return
            case .head:
                guard readHead(&bytes) else { return }
            case .body(var reader):
                guard readBody(&reader, &bytes) else { return }
            case .tunnel:
                downstream?.relay(bytes)
                return
            case .answered:
                fail(.malformed("The origin answered more than it was asked."))
                return
            case .closed:
                return
            }
        }
    }

    /// False if nothing more can be read from these bytes.
    private func readHead(_ bytes: inout ByteBuffer) -> Bool {
        guard let downstream else { return false }
        let head = gate.responseHead
        let limits = gate.answerHeadLimits
        switch unsafe bytes.withUnsafeReadableBytes({ unsafe head.scan($0, limits: limits) }) {
        case .incomplete:
            partial.writeBuffer(&bytes)
            return false
        case .refused(let refusal):
            fail(.malformed(refusal.reason))
            return false
        case .complete(let length):
            if head.status == 101 {
                guard downstream.acceptsUpgrade else {
                    fail(.malformed("The origin switched protocols unasked."))
                    return false
                }
                state = .tunnel
                pool.answered()
                downstream.relayUpgrade(head, bytes)
                bytes.moveReaderIndex(forwardBy: length)
                return true
            }
            if head.status < 200 {
                downstream.relayInterim(head, bytes)
                bytes.moveReaderIndex(forwardBy: length)
                return true
            }
            return beginAnswer(head, length, downstream, &bytes)
        }
    }

    /// Writes the head and the body bytes that came with it in one piece.
    private func beginAnswer(
        _ head: ResponseHead, _ length: Int, _ downstream: DownstreamHandler, _ bytes: inout ByteBuffer
    ) -> Bool {
        let framing = head.framing(toHEAD: downstream.answersHEAD)
        let canReuse = head.keepAlive && framing != .untilClose
        mayReuse = canReuse
        gate.answer.clear()
        downstream.writeAnswerHead(head, bytes, framing: framing, into: &gate.answer)
        bytes.moveReaderIndex(forwardBy: length)
        var reader = BodyReader(framing, unchunks: !downstream.readsChunks)
        do throws(HeadRefusal) {
            let count = try reader.move(&bytes, to: &gate.answer)
            downstream.countAnswerBytes(count)
        } catch {
            // The head has not left yet, so the visitor can still be told.
            fail(.malformed(error.reason))
            return false
        }
        downstream.answerHeadWritten()
        downstream.write(gate.answer)
        return proceed(reader, bytes)
    }

    private var mayReuse = false

    private func readBody(_ reader: inout BodyReader, _ bytes: inout ByteBuffer) -> Bool {
        guard let downstream else { return false }
        if reader.isPlain(for: bytes.readableBytes) {
            let count = bytes.readableBytes
            reader.skip(count)
            downstream.countAnswerBytes(count)
            downstream.write(bytes)
            bytes.moveReaderIndex(to: bytes.writerIndex)
            return proceed(reader, bytes)
        }
        var out = context?.channel.allocator.buffer(capacity: bytes.readableBytes + 64) ?? ByteBuffer()
        do throws(HeadRefusal) {
            let count = try reader.move(&bytes, to: &out)
            downstream.countAnswerBytes(count)
        } catch {
            fail(.truncated)
            return false
        }
        if out.readableBytes > 0 { downstream.write(out) }
        return proceed(reader, bytes)
    }

    /// Goes on with the body or ends the exchange. False if nothing more can be read.
    private func proceed(_ reader: BodyReader, _ bytes: ByteBuffer) -> Bool {
        let downstream = downstream
        // A visitor who is gone may be found to be so by what was just written.
        if case .closed = state { return false }
        guard reader.isComplete else {
            state = .body(reader)
            downstream?.answerProgressed()
            return true
        }
        // Bytes behind the answer's end belong to nothing that was asked.
        let isClean = bytes.readableBytes == 0 && mayReuse
        state = .answered
        pool.answered()
        downstream?.answerEnded(reusable: isClean)
        return false
    }

    /// No more bytes will come.
    private func ended() {
        gate.takeTime()
        switch state {
        case .idle:
            pool.remove(self)
            close()
        case .answered:
            fail(.closed)
        case .head:
            fail(partial.readableBytes > 0 ? .truncated : .closed)
        case .body(let reader):
            if reader.endsWithConnection {
                let downstream = downstream
                pool.answered()
                close()
                downstream?.answerEnded(reusable: false)
            } else {
                fail(.truncated)
            }
        case .tunnel:
            let downstream = downstream
            close()
            downstream?.tunnelEnded()
        case .closed:
            close()
        }
    }

    private func fail(_ failure: UpstreamFailure) {
        let downstream = downstream
        close()
        downstream?.upstreamFailed(failure)
    }
}
