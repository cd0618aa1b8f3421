import HTTPWire
import NIOCore
import RoomConfiguration
import SessionTokens
import VisitorAPI
import WaitingRoom

/// From bytes to a request.
extension DownstreamHandler {
    /// Takes what it can from `bytes`; the rest must wait.
    func consume(_ bytes: inout ByteBuffer) {
        isConsuming = true
        defer { isConsuming = false }
        while bytes.readableBytes > 0 {
            switch phase {
            case .idle, .head:
                // A visitor who does not read answers gets no more of them.
                guard isWritable, readRequest(&bytes) else { return }
            case .collecting:
                collect(&bytes)
            case .forwarding:
                guard !requestBody.isComplete, let upstream else { return }
                relayRequestBody(&bytes, to: upstream)
            case .live(let session):
                // Frames that came with the handshake, which was answered at once.
                session.receive(&bytes)
                return
            case .deciding, .tunnel, .handedOver:
                return
            case .lingering, .closed:
                bytes.clear()
                return
            }
        }
    }

    /// Goes on with bytes that had to wait.
    func consumePending() {
        guard !isConsuming, pending.readableBytes > 0 else { return }
        var bytes = pending
        pending = ByteBuffer()
        consume(&bytes)
        keep(&bytes)
        // No end of a read will follow that would do it.
        upstream?.flush()
    }

    /// False if the head is not whole or not acceptable.
    private func readRequest(_ bytes: inout ByteBuffer) -> Bool {
        if case .idle = phase {
            // RFC 9112 §2.2: an empty line before a request is ignored, but not any number of them.
            for _ in 0..<2 where bytes.readableBytes >= 2 {
                if bytes.getInteger(at: bytes.readerIndex, as: UInt16.self) == 0x0d0a {
                    bytes.moveReaderIndex(forwardBy: 2)
                }
            }
            if bytes.readableBytes == 0 { return false }
        }
        let head = gate.requestHead
        let limits = gate.headLimits
        switch unsafe bytes.withUnsafeReadableBytes({ unsafe head.scan($0, limits: limits) }) {
        case .incomplete:
            if case .idle = phase {
                phase = .head
                gate.deadlines.set(slot, after: gate.timeouts.head)
            }
            return false
        case .refused(let refusal):
            if !beginHTTP2(&bytes) { refuse(refusal) }
            return false
        case .complete(let length):
            let verdict = unsafe bytes.withUnsafeReadableBytes { all in
                unsafe begin(UnsafeRawBufferPointer(rebasing: all[..<length]))
            }
            bytes.moveReaderIndex(forwardBy: length)
            act(on: verdict)
            return true
        }
    }

    /// A connection whose first line is that of HTTP/2's preface is handed over (RFC 9113 §3.3, §3.4).
    private func beginHTTP2(_ bytes: inout ByteBuffer) -> Bool {
        let preface = "PRI * HTTP/2.0\r\n"
        guard generation == 0, stream == nil, !peer.isSecure, gate.routing.gate.http2, let context,
            bytes.readableBytesView.starts(with: preface.utf8)
        else { return false }
        phase = .handedOver
        leave()
        do {
            try context.pipeline.syncOperations.addHandler(HTTP2Connection(gate: gate, peer: peer, service: service))
        } catch {
            closeNow()
            return true
        }
        let early = bytes
        bytes.moveReaderIndex(to: bytes.writerIndex)
        context.fireChannelRead(wrapInboundOut(early))
        releaseRead()
        context.pipeline.syncOperations.removeHandler(self, promise: nil)
        return true
    }

    /// Begins an exchange with the head that was scanned last.
    func begin(_ headBytes: UnsafeRawBufferPointer) -> Verdict {
        let exchange = gate.takeExchange()
        self.exchange = exchange
        generation &+= 1
        let head = gate.requestHead
        exchange.startedAt = gate.now
        exchange.isHEAD = head.method == .head
        exchange.isHTTP11 = head.isHTTP11
        exchange.isHTTP2 = stream != nil
        exchange.keepAlive = head.keepAlive
        exchange.isIdempotent = head.method.isIdempotent
        exchange.hasBody = head.framing != .none
        exchange.upgradesToWebSocket = head.upgradesToWebSocket
        requestBody = BodyReader(head.framing)
        exchange.head.clear()
        unsafe exchange.head.writeBytes(headBytes)
        return unsafe decide(head, headBytes, exchange)
    }

    func act(on verdict: Verdict) {
        switch verdict {
        case .forward: forward()
        case .refuse(let refusal): refuse(refusal)
        case .respond(let response, let outcome): answer(response, outcome: outcome)
        case .ask(let request): ask(request)
        case .api(let request): collectBody(for: request)
        }
    }
}
