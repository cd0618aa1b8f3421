import HTTPWire
import NIOCore
import OTLPTracing
import RoomConfiguration
import Tracing
import VisitorAPI
import WaitingRoom

/// The gate's own answers, and the end of every exchange.
extension DownstreamHandler {
    // MARK: Asking the desk

    func ask(_ request: VisitorRequest) {
        phase = .deciding
        gate.deadlines.set(slot, after: gate.timeouts.firstByte)
        let generation = generation
        let bound = NIOLoopBound(self, eventLoop: gate.loop)
        gate.desk.answer(request) { answer in bound.value.deskAnswered(answer, generation: generation) }
    }

    private func deskAnswered(_ answer: VisitorAnswer, generation: UInt32) {
        gate.takeTime()
        guard generation == self.generation, case .deciding = phase, let exchange else { return }
        switch answer {
        case .respond(let response):
            self.answer(response, outcome: LoopCounters.Outcome(response.kind))
        case .forward(let grant):
            exchange.grant = grant
            exchange.outcome = .forwarded
            if let decision = grant.withheld {
                exchange.note = "shadow:\(decision.name)"
                gate.counters.count(decision, label: exchange.room?.label ?? 0)
            }
            if rescan() {
                rewriteAgain(exchange)
                forward()
            }
        case .live(let ticket):
            beginLive(ticket)
        }
    }

    /// Reads the exchange's head again into the loop's scratch, which has been used for others since.
    func rescan() -> Bool {
        guard let exchange else { return false }
        let head = gate.requestHead
        let limits = gate.headLimits
        return unsafe exchange.head.withUnsafeReadableBytes { bytes in
            guard case .complete = unsafe head.scan(bytes, limits: limits) else { return false }
            gate.cookies.removeAll()
            for field in head.fields where field.name == .cookie {
                try? unsafe gate.cookies.scan(bytes, value: field.value)
            }
            return true
        }
    }

    /// Chooses an endpoint and writes the head for it, after `rescan`.
    func rewriteAgain(_ exchange: Exchange) {
        var token: [UInt8]?
        if let room = exchange.room, room.rule.forwardToken {
            if let holder = exchange.grant?.holder {
                token = Array(holder.token.utf8)
            } else if exchange.session != nil {
                token = unsafe exchange.head.withUnsafeReadableBytes { bytes in
                    unsafe sessionToken(of: room, gate.requestHead, bytes).map { unsafe Array(bytes[$0]) }
                }
            }
        }
        unsafe exchange.head.withUnsafeReadableBytes { bytes in
            guard let token else {
                unsafe rewrite(gate.requestHead, bytes, exchange)
                return
            }
            unsafe token.withUnsafeBytes { token in
                unsafe rewrite(gate.requestHead, bytes, exchange, forwardToken: token)
            }
        }
    }

    // MARK: Answering

    /// Writes an answer of the gate's own and ends the exchange.
    func answer(_ response: VisitorResponse, outcome: LoopCounters.Outcome) {
        guard let exchange else { return }
        exchange.outcome = outcome
        exchange.status = response.status
        exchange.note = response.note
        exchange.bytesOut = Int64(response.body.count)
        let keepsAlive = exchange.keepAlive && requestBody.isComplete && !gate.isDraining && !closesAfterAnswer
        closesAfterAnswer = !keepsAlive
        gate.answer.clear()
        if let stream {
            stream.blockWriter.write(response, requestID: exchange.requestID, into: &gate.answer)
            stream.headLength = gate.answer.readableBytes
        } else {
            response.writeHead(
                into: &gate.answer, requestID: exchange.requestID, strictTransport: strictTransport,
                closes: !keepsAlive, isHTTP11: exchange.isHTTP11)
        }
        write(gate.answer, body: exchange.isHEAD ? [] : response.body)
        flush()
        endExchange()
    }

    /// A request that cannot be accepted: told so, and the connection closed, because nobody knows where the next one
    /// would begin.
    func refuse(_ refusal: HeadRefusal) {
        let exchange = exchange ?? makeUnreadExchange()
        self.exchange = exchange
        exchange.keepAlive = false
        exchange.failure = refusal.reason
        closesAfterAnswer = true
        let detail = "\(refusal.reason)"
        let response = gate.desk.refusal(
            refusal.status, detail, requestID: String(decoding: exchange.requestID, as: UTF8.self))
        answer(response, outcome: .refused)
    }

    /// An error of the gate or the origin; the visitor's session is not touched, and its cookie goes along.
    /// - Parameter retryAfter: in seconds, where a page is to try again by itself.
    func answerError(_ status: Int, retryAfter: Int? = nil) {
        guard let exchange, rescan() else {
            closeNow()
            return
        }
        var response = unsafe exchange.head.withUnsafeReadableBytes { bytes in
            unsafe errorResponse(status, gate.requestHead, bytes, exchange, retryAfter: retryAfter)
        }
        if let grant = exchange.grant { response.cookies = grant.cookies }
        answer(response, outcome: exchange.outcome == .failed ? .failed : .refused)
    }

    /// Stands for a request whose head never became readable, so that it is counted and logged too.
    private func makeUnreadExchange() -> Exchange {
        let exchange = gate.takeExchange()
        generation &+= 1
        exchange.head.clear()
        (exchange.method, exchange.target, exchange.path, exchange.host) = (0..<0, 0..<0, 0..<0, 0..<0)
        exchange.clientAddress = peer.text
        gate.nextRequestID(into: &exchange.requestID)
        exchange.isHEAD = false
        exchange.isHTTP11 = true
        exchange.startedAt = gate.now
        requestBody = BodyReader(.untilClose)
        return exchange
    }

    // MARK: The end of an exchange

    /// Counts and logs it, and makes the connection ready for the next one.
    func endExchange() {
        report()
        // A flush that finds the connection broken closes it, and `channelInactive` has run when it returns.
        guard isConnected else { return }
        if let stream {
            endStream(stream)
            return
        }
        if closesAfterAnswer || inputIsClosed && pending.readableBytes == 0 {
            closeGracefully()
            return
        }
        phase = .idle
        requestBody = BodyReader(.none)
        gate.deadlines.set(slot, after: gate.timeouts.idle)
        if pending.readableBytes > 0 { consumePending() }
        if inputIsClosed { closeUnlessBusy() }
        resumeReading()
    }

    /// What is left of a visitor who sends no more is the beginning of a request, or nothing.
    private func closeUnlessBusy() {
        switch phase {
        case .idle, .head: closeNow()
        default: break
        }
    }

    /// The visitor is gone.
    func abort() {
        exchange?.outcome = .aborted
        report()
    }

    /// The answer cannot be finished; closing is the only way left to say so.
    func abortAndClose() {
        report()
        phase = .closed
        closeWithinAnswer()
    }

    private func httpVersion(of exchange: Exchange) -> StaticString {
        if stream != nil { return "HTTP/2" }
        // A head that could not be read has no method either.
        if exchange.method.isEmpty { return "" }
        return exchange.isHTTP11 ? "HTTP/1.1" : "HTTP/1.0"
    }

    func report() {
        guard let exchange else { return }
        if exchange.isTrial { exchange.pool?.trialAbandoned() }
        self.exchange = nil
        collectedRequest = nil
        generation &+= 1
        let duration = gate.now - exchange.startedAt
        let label = exchange.room?.label ?? 0
        gate.counters.count(exchange.outcome, label: label, code: exchange.status)
        gate.counters.requestDuration.record(microseconds: duration)
        if exchange.upstreamDuration >= 0 {
            gate.counters.countUpstream(microseconds: exchange.upstreamDuration, label: label)
            if exchange.room?.isAdaptive ?? false, exchange.outcome == .forwarded {
                gate.counters.countLatency(microseconds: exchange.upstreamDuration, label: label)
            }
        }
        if let log = gate.accessLog {
            let line = AccessLogLine(
                time: LoopClock.wallTime, requestID: exchange.requestID, client: exchange.clientAddress,
                span: exchange.span?.own, room: exchange.room?.idBytes ?? [], outcome: exchange.outcome,
                method: exchange.method,
                host: exchange.host, target: exchange.target, httpVersion: httpVersion(of: exchange),
                status: exchange.status, bytesIn: exchange.bytesIn, bytesOut: exchange.bytesOut, duration: duration,
                upstreamDuration: exchange.upstreamDuration, failure: exchange.failure, note: exchange.note)
            unsafe exchange.head.withUnsafeReadableBytes { unsafe log.append(line, head: $0) }
        }
        if let span = exchange.span, span.own.isSampled { tell(span, of: exchange, after: duration) }
        gate.give(back: exchange)
    }

    /// With the attributes' names of the semantic conventions for HTTP servers; no address of a visitor, and no query, which
    /// may hold what is nobody's business.
    private func tell(_ span: SpanIdentity, of exchange: Exchange, after duration: Int64) {
        unsafe exchange.head.withUnsafeReadableBytes { head in
            func text(_ range: Range<Int>) -> String { unsafe String(decoding: head[range].prefix(256), as: UTF8.self) }
            let method = text(exchange.method)
            // What nobody knows would make any number of names.
            let isKnown = Self.knownMethods.contains(method)
            var attributes: SpanAttributes = [
                "http.request.method": .string(isKnown ? method : "_OTHER"),
                "url.path": .string(exchange.path.isEmpty ? "/" : text(exchange.path)),
                "url.scheme": .string(peer.isSecure ? "https" : "http"),
                "server.address": .string(text(exchange.host)),
                "http.response.status_code": .int64(Int64(exchange.status)),
                "network.protocol.name": "http",
                "network.protocol.version": .string(stream != nil ? "2" : exchange.isHTTP11 ? "1.1" : "1.0"),
                "anteroom.verdict": .string(exchange.outcome.name),
                "anteroom.request_id": .string(String(decoding: exchange.requestID, as: UTF8.self)),
            ]
            if let room = exchange.room { attributes["anteroom.queue_id"] = room.id.text }
            if exchange.upstreamDuration >= 0 { attributes["anteroom.upstream_us"] = exchange.upstreamDuration }
            if let failure = exchange.failure {
                attributes["error.type"] = "\(failure)"
            } else if exchange.status >= 500 {
                attributes["error.type"] = "\(exchange.status)"
            }
            gate.tracer.end(span, name: isKnown ? method : "HTTP", kind: .server, after: duration, attributes)
        }
    }

    private static let knownMethods: Set<String> = [
        "GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "CONNECT",
    ]
}
