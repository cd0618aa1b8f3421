import HTTPWire
import NIOCore
import OTLPTracing
import SessionTokens
import VisitorAPI

/// One request and its answer, from the head's last byte to the answer's. Taken from the loop's pool and given back, so
/// that its buffers keep their capacity and an idle connection holds none.
final class Exchange {
    /// The head as it came: for the log, and for a verdict that takes longer than the bytes live.
    var head = ByteBuffer()
    /// The head as the origin gets it; kept until the answer begins, for the one retry.
    var rewritten = ByteBuffer()
    /// Normalised path and query where they differ from what came.
    var normalizedTarget: [UInt8]?
    /// The path as the most lenient origin would read it.
    var loosePath: [UInt8]?
    /// Origins may differ on where its segments begin.
    var isSplitInDoubt = false

    // Ranges in `head`.
    var method = 0..<0
    var target = 0..<0
    /// The target without its query.
    var path = 0..<0
    var host = 0..<0

    var requestID: [UInt8] = []
    /// The visitor's address in text form: the peer's, or what a trusted proxy said.
    var clientAddress: [UInt8] = []
    var room: CompiledRoom?
    var upstream: UpstreamTarget?
    /// The connections to the endpoint that was chosen; nil while none is, or none may be asked.
    var pool: UpstreamPool?
    /// A bit for each endpoint that this request has been to, where there are several.
    var triedEndpoints: UInt64 = 0
    /// The endpoint is out, and this request finds out whether it is still.
    var isTrial = false
    /// Nil while tracing is off.
    var span: SpanIdentity?
    var session: VerifiedToken?
    var grant: Grant?
    var outcome = LoopCounters.Outcome.refused
    var isHEAD = false
    var isHTTP11 = true
    /// Came over HTTP/2 and was written as HTTP/1.1.
    var isHTTP2 = false
    var keepAlive = true
    var upgradesToWebSocket = false
    var isIdempotent = false
    /// Whether the request carries a body at all.
    var hasBody = false
    var isRetried = false
    /// The origin has sent a 1xx: it has seen the request, but the answer is still to come.
    var hasInterim = false
    var isAnswerStarted = false
    /// The answer is whole while the request's body is still on its way.
    var isAnswerComplete = false

    /// Why the request failed or was refused, for the log.
    var failure: StaticString?
    /// Why the gate answered as it did, for the log.
    var note: String?

    var startedAt: Int64 = 0
    /// When the request was handed to the origin; −1 before.
    var forwardedAt: Int64 = -1
    var upstreamDuration: Int64 = -1
    var status = 0
    var bytesIn: Int64 = 0
    var bytesOut: Int64 = 0
    /// The body of an API call, collected.
    var apiBody: [UInt8] = []

    func reset() {
        normalizedTarget = nil
        loosePath = nil
        room = nil
        upstream = nil
        pool = nil
        triedEndpoints = 0
        isTrial = false
        span = nil
        session = nil
        grant = nil
        outcome = .refused
        failure = nil
        note = nil
        isRetried = false
        hasInterim = false
        isAnswerStarted = false
        isSplitInDoubt = false
        isAnswerComplete = false
        forwardedAt = -1
        upstreamDuration = -1
        status = 0
        bytesIn = 0
        bytesOut = 0
        apiBody.removeAll(keepingCapacity: true)
    }

    /// Keeps the query out of the access log: on the gate's own pages it may hold a hand-over code.
    func hideQuery() { target = target.clamped(to: 0..<path.upperBound) }

    /// Only a request without a body can be sent again as it was, and only an idempotent one may be.
    var mayRetry: Bool {
        isIdempotent && !hasBody && !isRetried && !hasInterim && !isAnswerStarted && !upgradesToWebSocket
    }
}
