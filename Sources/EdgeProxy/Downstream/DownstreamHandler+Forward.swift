import HTTPWire
import NIOCore
import RoomConfiguration
import SessionTokens
import VisitorAPI
import WaitingRoom

/// To the origin and back.
extension DownstreamHandler {
    // MARK: The request

    /// Sends the rewritten head to the endpoint that was chosen, over an idle connection or a new one.
    func forward() {
        guard let exchange else { return }
        phase = .forwarding
        guard let pool = exchange.pool else {
            answerAllOut()
            return
        }
        if let idle = pool.takeIdle() {
            send(over: idle)
        } else {
            connect(pool)
        }
    }

    private func connect(_ pool: UpstreamPool) {
        guard gate.hasRoomForOrigin() else {
            exchange?.failure = "no descriptor is free"
            answerError(503)
            return
        }
        gate.ledger.enterOrigin()
        let generation = generation
        // The time-outs of connecting are the bootstrap's and the handshake's; this deadline is a net below it.
        let timeouts = gate.timeouts
        gate.deadlines.set(slot, after: Milliseconds(timeouts.connect.count + timeouts.tlsHandshake.count + 10_000))
        pool.connect { [self] result in
            gate.takeTime()
            // One that was made counts by itself.
            gate.ledger.leaveOrigin()
            guard generation == self.generation, case .forwarding = phase, exchange != nil else {
                switch result {
                case .success(let handler): pool.give(back: handler)
                case .failure(let failure): pool.failed(failure, isTrial: false)
                }
                return
            }
            switch result {
            case .success(let handler): send(over: handler)
            case .failure(let failure): upstreamFailed(failure)
            }
        }
    }

    private func send(over handler: UpstreamHandler) {
        guard let exchange else { return }
        upstream = handler
        handler.begin(self)
        exchange.forwardedAt = gate.now
        if requestBody.isComplete {
            gate.deadlines.set(slot, after: gate.timeouts.firstByte)
            handler.write(exchange.rewritten)
            handler.flush()
        } else {
            handler.queue(exchange.rewritten)
            gate.deadlines.set(slot, after: gate.timeouts.bodyProgress)
            // What came with the head follows it in the same write to the socket.
            consumePending()
            if !isConsuming { handler.flush() }
            if upstream === handler { resumeReading() }
        }
    }

    /// Passes on what has come of the body.
    func relayRequestBody(_ bytes: inout ByteBuffer, to upstream: UpstreamHandler) {
        guard let exchange else { return }
        var reader = requestBody
        if reader.isPlain(for: bytes.readableBytes) {
            let count = bytes.readableBytes
            reader.skip(count)
            exchange.bytesIn += Int64(count)
            upstream.write(bytes)
            bytes.moveReaderIndex(to: bytes.writerIndex)
        } else {
            var out = ByteBufferAllocator().buffer(capacity: bytes.readableBytes + 64)
            do throws(HeadRefusal) {
                exchange.bytesIn += Int64(try reader.move(&bytes, to: &out))
            } catch {
                // Half a request is at the origin; only closing its connection says that the rest will not come.
                dropUpstream()
                if exchange.isAnswerStarted { abortAndClose() } else { refuse(error) }
                return
            }
            if out.readableBytes > 0 { upstream.write(out) }
        }
        requestBody = reader
        if reader.isComplete && exchange.isAnswerComplete {
            upstream.flush()
            finishForwarding(reusable: true)
            return
        }
        let timeouts = gate.timeouts
        gate.deadlines.set(slot, after: reader.isComplete ? timeouts.firstByte : timeouts.bodyProgress)
    }

    // MARK: The answer

    var answersHEAD: Bool { exchange?.isHEAD ?? false }
    /// The visitor reads chunked bodies.
    var readsChunks: Bool { stream == nil && exchange?.isHTTP11 ?? true }

    /// A 1xx on its way (RFC 9110 §15.2); an HTTP/1.0 visitor would not know what it is.
    func relayInterim(_ head: ResponseHead, _ bytes: ByteBuffer) {
        guard let exchange else { return }
        exchange.hasInterim = true
        guard exchange.isHTTP11 else { return }
        var out = ByteBuffer()
        if let stream {
            unsafe bytes.withUnsafeReadableBytes {
                unsafe stream.blockWriter.write(head, $0, status: head.status, into: &out)
            }
            stream.writeInterim(out)
            return
        }
        let rewriter = ResponseRewriter(closes: false, isHTTP11: true, unchunks: false)
        unsafe bytes.withUnsafeReadableBytes { unsafe rewriter.write(head, $0, into: &out) }
        write(out)
        flush()
    }

    /// Appends the answer's head, and notes what the origin says of the session.
    func writeAnswerHead(_ head: ResponseHead, _ bytes: ByteBuffer, framing: BodyFraming, into out: inout ByteBuffer) {
        guard let exchange else { return }
        exchange.status = head.status
        noteTrialAnswered(exchange)
        if exchange.forwardedAt >= 0 { exchange.upstreamDuration = gate.now - exchange.forwardedAt }
        let mayNotTakeBody = !requestBody.isComplete && !head.keepAlive
        if framing == .untilClose || mayNotTakeBody || !exchange.keepAlive || gate.isDraining {
            closesAfterAnswer = true
        }
        if framing == .chunked && !exchange.isHTTP11 { closesAfterAnswer = true }
        var rewriter = ResponseRewriter(
            closes: closesAfterAnswer, isHTTP11: exchange.isHTTP11, strictTransport: strictTransport,
            unchunks: !exchange.isHTTP11)
        if let grant = exchange.grant { rewriter.cookies = grant.cookies }
        if let session = exchange.session, let cookie = session.refreshedCookie, !head.isForSharedCaches {
            rewriter.refreshedCookie = cookie
            session.refreshedCookie = nil
        }
        unsafe bytes.withUnsafeReadableBytes { bytes in
            if let stream {
                // RFC 8441 §4: any 2xx would say that the tunnel is open.
                if stream.body == .tunnel, head.status < 300 { exchange.status = 502 }
                unsafe stream.blockWriter.write(
                    head, bytes, status: exchange.status, cookies: rewriter.cookies,
                    refreshedCookie: rewriter.refreshedCookie, into: &out)
                stream.headLength = out.readableBytes
            } else {
                unsafe rewriter.write(head, bytes, into: &out)
            }
            unsafe noteSessionEnd(head, bytes, exchange)
        }
    }

    /// The head is on its way; from here on there is no retry.
    func answerHeadWritten() { exchange?.isAnswerStarted = true }

    /// Some of the answer came, and more is to come: the origin has its time anew.
    func answerProgressed() {
        if requestBody.isComplete { gate.deadlines.set(slot, after: gate.timeouts.firstByte) }
    }

    /// The visitor does not take the answer: now the visitor's time runs.
    func answerIsHeld() { gate.deadlines.set(slot, after: gate.timeouts.bodyProgress) }

    /// The visitor takes the answer again: now it is the origin's turn, or nobody's in a tunnel.
    func answerIsTaken() {
        switch phase {
        case .forwarding: answerProgressed()
        case .tunnel: gate.deadlines.set(slot, after: gate.timeouts.tunnelIdle)
        default: break
        }
    }

    func countAnswerBytes(_ count: Int) { exchange?.bytesOut += Int64(count) }

    /// The origin's answer is whole. A body that it did not wait for goes on to it, if it stays.
    func answerEnded(reusable: Bool) {
        flush()
        guard isConnected else { return }
        guard requestBody.isComplete || !reusable else {
            exchange?.isAnswerComplete = true
            gate.deadlines.set(slot, after: gate.timeouts.bodyProgress)
            return
        }
        if !requestBody.isComplete { closesAfterAnswer = true }
        finishForwarding(reusable: reusable)
    }

    private func finishForwarding(reusable: Bool) {
        guard let handler = upstream else { return }
        upstream = nil
        if reusable && requestBody.isComplete {
            handler.pool.give(back: handler)
        } else {
            handler.close()
        }
        endExchange()
    }

    /// `X-Anteroom-Session` and the room's completion rules.
    private func noteSessionEnd(_ head: ResponseHead, _ bytes: UnsafeRawBufferPointer, _ exchange: Exchange) {
        guard let room = exchange.room, head.contains(.xAnteroomSession) || !room.rule.completion.isEmpty,
            let session = exchange.session?.sessionID ?? exchange.grant?.holder?.session
        else {
            return
        }
        for field in head.fields where field.name == .xAnteroomSession {
            let value = unsafe bytes[field.value]
            if unsafe value.elementsEqual("complete".utf8) {
                gate.end(session, as: .completed, in: room.id)
            } else if unsafe value.elementsEqual("revoke".utf8) {
                gate.end(session, as: .terminated, in: room.id)
            }
        }
        guard !room.rule.completion.isEmpty else { return }
        let isCompletion = unsafe exchange.head.withUnsafeReadableBytes { head in
            unsafe withPath(of: exchange, head) { unsafe room.isCompletion(path: $0, status: exchange.status) }
        }
        if isCompletion { gate.end(session, as: .completed, in: room.id) }
    }

    // MARK: Failures

    func upstreamFailed(_ failure: UpstreamFailure) {
        upstream?.close()
        let wasUsed = upstream?.isUsed ?? false
        upstream = nil
        guard let exchange, case .forwarding = phase else { return }
        if exchange.isAnswerComplete {
            closesAfterAnswer = true
            endExchange()
            return
        }
        if case .closed = failure, wasUsed, exchange.mayRetry, let pool = exchange.pool {
            // The origin closed an idle connection just as it was used: the one failure that says nothing about it.
            exchange.isRetried = true
            gate.counters.upstreamRetries += 1
            connect(pool)
            return
        }
        if !(failure.kind == .closed && wasUsed) { noteFailure(failure, exchange) }
        if failOver(failure, exchange) { return }
        exchange.outcome = .failed
        exchange.failure = failure.reason
        if exchange.isAnswerStarted {
            abortAndClose()
        } else {
            answerError(failure.status)
        }
    }

    func forwardingTimedOut() {
        guard let exchange else { return }
        let isVisitorsFault: Bool
        if exchange.isAnswerStarted {
            isVisitorsFault = !isWritable
        } else {
            isVisitorsFault = !requestBody.isComplete && (upstream?.isWritable ?? false)
        }
        dropUpstream()
        if !isVisitorsFault, !exchange.isAnswerComplete { noteFailure(.timedOut, exchange) }
        if exchange.isAnswerStarted {
            exchange.outcome = isVisitorsFault ? .aborted : .failed
            abortAndClose()
        } else if isVisitorsFault {
            refuse(HeadRefusal(408, "The request's body took too long to arrive."))
        } else {
            exchange.outcome = .failed
            exchange.failure = UpstreamFailure.timedOut.reason
            answerError(504)
        }
    }

    /// Goes to another endpoint where that cannot do harm: nothing was sent, or the request may be sent twice.
    private func failOver(_ failure: UpstreamFailure, _ exchange: Exchange) -> Bool {
        guard let target = exchange.upstream, target.endpoints.count > 1 else { return false }
        let wasSent: Bool
        switch failure {
        case .unreachable: wasSent = false
        // Over TLS 1.3 a certificate is refused when the request is on its way already.
        case .handshake where exchange.forwardedAt < 0: wasSent = false
        case .closed where exchange.mayRetry, .handshake where exchange.mayRetry: wasSent = true
        case .closed, .truncated, .malformed, .timedOut, .handshake: return false
        }
        guard exchange.triedEndpoints.nonzeroBitCount < Self.endpointsTried else { return false }
        if target.sharesHead {
            guard gate.group(for: target).choose(for: exchange, at: gate.now) != nil else { return false }
        } else {
            guard rescan() else { return false }
            rewriteAgain(exchange)
        }
        guard let pool = exchange.pool else { return false }
        if wasSent {
            exchange.isRetried = true
            gate.counters.upstreamRetries += 1
        }
        // A connection that waited might have died with the one before; this request has no third try.
        if !wasSent, !exchange.isRetried, let idle = pool.takeIdle() {
            send(over: idle)
        } else {
            connect(pool)
        }
        return true
    }

    /// So many endpoints may refuse a connection before the visitor is told: each costs up to `timeouts.connect`.
    private static let endpointsTried = 3

    /// The circuit breaker: no endpoint may be asked now.
    private func answerAllOut() {
        exchange?.outcome = .failed
        exchange?.failure = "every origin is out"
        answerError(502, retryAfter: 5)
    }

    private func noteFailure(_ failure: UpstreamFailure, _ exchange: Exchange) {
        exchange.pool?.failed(failure, isTrial: exchange.isTrial)
        exchange.isTrial = false
    }

    func noteTrialAnswered(_ exchange: Exchange) {
        guard exchange.isTrial else { return }
        exchange.isTrial = false
        exchange.pool?.trialAnswered()
    }

    func dropUpstream() {
        upstream?.close()
        upstream = nil
    }
}
