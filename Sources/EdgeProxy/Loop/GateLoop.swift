import HTTPWire
package import NIOCore
package import OTLPTracing
import RoomConfiguration
package import VisitorAPI
package import WaitingRoom

/// Everything that one event loop needs to serve visitors without asking another thread: routing, verified tokens,
/// upstream connections, deadlines, counters and scratch memory. Bound to its loop.
package final class GateLoop {
    let loop: any EventLoop
    let desk: VisitorDesk
    let tokens: LoopTokens
    let activity: LoopActivity
    private(set) var routing: RoutingTable
    package var counters = LoopCounters()
    let ledger: ConnectionLedger
    let deadlines = DeadlineTable(start: .now())
    private let log: AccessLogBuffer
    private(set) var isDraining = false
    var tunnels = TunnelTable()
    /// Who accepts for this loop.
    var acceptors: [WeakAcceptor] = []
    var isAccepting = true

    /// Microseconds since some moment, as it was when the event that is being handled began: what is written and
    /// counted for it is done some microseconds later.
    private(set) var now: Int64 = 0

    // Scratch: each is valid only within one synchronous step.
    let requestHead = RequestHead()
    let responseHead = ResponseHead()
    var cookies = GateCookies()
    let http2Head = HTTP2RequestHead()
    let hpackScratch = HPACKScratch()
    var answer = ByteBuffer()

    private var pools: [Endpoint: UpstreamPool] = [:]
    private var groups: [ObjectIdentifier: UpstreamGroup] = [:]
    /// The answer to the last question for a group; the next is mostly the same.
    private var lastGroup: UpstreamGroup?
    /// Endpoints that the checks found down.
    private var checkedDown: Set<Endpoint> = []
    private let endpointChanged: @Sendable (EndpointChange) -> Void
    private var spare: ContiguousArray<Exchange> = []
    /// HTTP/2 connections with something to send when this turn of the loop ends.
    private var unsent: ContiguousArray<HTTP2Connection> = []
    private var requestIDs: RequestIDSequence
    var tracer: LoopTracer

    /// Makes the state of one loop. Call it on that loop, then `start()`.
    package init(
        loop: any EventLoop, routing: RoutingTable, desk: VisitorDesk, tokens: LoopTokens, activity: LoopActivity,
        accessLog: AccessLogWriter, ledger: ConnectionLedger, tracer: LoopTracer = LoopTracer(SpanQueue()),
        endpointChanged: @escaping @Sendable (EndpointChange) -> Void
    ) {
        self.loop = loop
        self.ledger = ledger
        self.routing = routing
        self.desk = desk
        self.tokens = tokens
        self.activity = activity
        log = AccessLogBuffer(accessLog)
        self.endpointChanged = endpointChanged
        var generator = SystemRandomNumberGenerator()
        requestIDs = RequestIDSequence(seed: generator.next())
        self.tracer = tracer
        spare.reserveCapacity(256)
        activity.notesReturns = routing.hasChallenges
    }

    /// Begins the sweep of deadlines.
    package func start() {
        loop.preconditionInEventLoop()
        let bound = NIOLoopBound(self, eventLoop: loop)
        loop.scheduleRepeatedTask(initialDelay: .milliseconds(100), delay: .milliseconds(100)) { task in
            bound.value.sweep()
        }
    }

    /// Sets `now`. Whatever NIO calls begins with it.
    func takeTime() { now = LoopClock.microseconds }

    var timeouts: GateTimeouts { routing.gate.timeouts }

    var headLimits: HeadLimits {
        let limits = routing.gate.limits
        return HeadLimits(head: limits.head, fields: limits.fields, startLine: limits.requestLine)
    }

    /// Origins are trusted with larger heads than visitors.
    var answerHeadLimits: HeadLimits { HeadLimits(head: 64 * 1024, fields: 200, startLine: 16 * 1024) }

    /// Takes new routing into force for the requests that begin from now on.
    package func apply(_ routing: RoutingTable) {
        loop.preconditionInEventLoop()
        self.routing = routing
        activity.notesReturns = routing.hasChallenges
        lastGroup = nil
        groups.removeAll()
        let endpoints = Set(routing.endpoints)
        checkedDown.formIntersection(endpoints)
        for (endpoint, pool) in pools where !endpoints.contains(endpoint) {
            pool.retire()
            pools[endpoint] = nil
        }
    }

    /// Takes over what the checks find of an endpoint.
    package func note(_ endpoint: Endpoint, isUp: Bool) {
        loop.preconditionInEventLoop()
        takeTime()
        // A reload may have overtaken the check.
        guard routing.endpoints.contains(endpoint) else { return }
        if isUp { checkedDown.remove(endpoint) } else { checkedDown.insert(endpoint) }
        pools[endpoint]?.checked(isUp: isUp)
    }

    /// The configured endpoints as this loop sees them.
    package var endpointReports: [EndpointReport] {
        routing.endpoints.map { endpoint in
            guard let pool = pools[endpoint] else {
                return EndpointReport(endpoint: endpoint, isIn: !checkedDown.contains(endpoint))
            }
            return EndpointReport(endpoint: endpoint, isIn: pool.health.isIn, counts: pool.counts)
        }
    }

    func noteChange(_ change: EndpointChange) { endpointChanged(change) }

    /// Refuses the tokens of sessions that have ended, from now on, and closes their tunnels. O(sessions).
    package func revoke(_ sessions: [SessionID]) {
        loop.preconditionInEventLoop()
        for session in sessions {
            tokens.revoke(session)
            for tunnel in tunnels.handlers(of: session) { tunnel.closeNow() }
        }
    }

    /// Ends idle connections, and lets the others end with their current exchange.
    package func drain() {
        loop.preconditionInEventLoop()
        isDraining = true
        regulate()
        for owner in deadlines.everyone { (owner as? any VisitorConnection)?.drain() }
        for pool in pools.values { pool.closeIdle() }
        desk.releaseListeners()
    }

    /// Closes what is left.
    package func closeAll() {
        loop.preconditionInEventLoop()
        for owner in deadlines.everyone { (owner as? any VisitorConnection)?.closeNow() }
        log.flush()
    }

    /// Connections of visitors at this moment.
    package var openConnections: Int { counters.connections }

    func group(for target: UpstreamTarget) -> UpstreamGroup {
        if let lastGroup, lastGroup.target === target { return lastGroup }
        let id = ObjectIdentifier(target)
        let group =
            groups[id]
            ?? UpstreamGroup(target, pools: ContiguousArray(target.endpoints.map { pool(for: $0.endpoint) }))
        groups[id] = group
        lastGroup = group
        return group
    }

    private func pool(for endpoint: Endpoint) -> UpstreamPool {
        if let pool = pools[endpoint] { return pool }
        let pool = UpstreamPool(endpoint: endpoint, gate: self, isCheckedDown: checkedDown.contains(endpoint))
        pools[endpoint] = pool
        return pool
    }

    /// Tells the store, later, that the origin ended a session; its token is refused at once.
    func end(_ session: SessionID, as end: SessionEnd, in room: RoomID) {
        revoke([session])
        let desk = desk
        Task { await desk.end(session, as: end, in: room) }
    }

    /// Nil while the access log is off.
    var accessLog: AccessLogBuffer? { log.isOff ? nil : log }

    func takeExchange() -> Exchange { spare.popLast() ?? Exchange() }

    func give(back exchange: Exchange) {
        exchange.reset()
        // A buffer that grew for one large head is not kept.
        if exchange.head.capacity > 16 * 1024 { exchange.head = ByteBuffer() }
        if exchange.rewritten.capacity > 16 * 1024 { exchange.rewritten = ByteBuffer() }
        if spare.count < 256 { spare.append(exchange) }
    }

    /// Has what gathers at the connection sent when all that NIO has read for this turn of the loop was taken.
    func flushAtEndOfTurn(_ connection: HTTP2Connection) {
        unsent.append(connection)
        guard unsent.count == 1 else { return }
        let bound = NIOLoopBound(self, eventLoop: loop)
        loop.execute { bound.value.turnEnded() }
    }

    private func turnEnded() {
        takeTime()
        // Those that come by a flush get a turn of their own.
        let connections = unsent
        unsent.removeAll(keepingCapacity: true)
        for connection in connections { connection.turnEnded() }
    }

    func nextRequestID(into bytes: inout [UInt8]) { requestIDs.next(into: &bytes) }

    func trusts(_ address: IPAddress?) -> Bool {
        let trusted = routing.gate.trustedProxies
        guard !trusted.isEmpty, let address else { return false }
        return trusted.contains { $0.contains(address) }
    }

    private func sweep() {
        takeTime()
        deadlines.sweep(now: .now())
        if regulate() { makeRoom() }
        if activity.notesReturns { desk.noteReturns() }
        tunnels.noteUse { session, position, room in activity.noteTunnel(of: session, position: position, in: room) }
        log.flush()
        tracer.handOver()
    }
}

/// Request ids: 64 bits in 16 hexadecimal digits, unique within a loop and, by their random start, among gates.
struct RequestIDSequence {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        // SplitMix64 (Steele, Lea, Flood 2014): a bijection of a counter, so no id comes twice.
        state &+= 0x9e37_79b9_7f4a_7c15
        var value = state
        value = (value ^ value >> 30) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ value >> 27) &* 0x94d0_49bb_1331_11eb
        value ^= value >> 31
        return value
    }

    mutating func next(into bytes: inout [UInt8]) {
        var value = next()
        if bytes.count != 16 { bytes = [UInt8](repeating: 0, count: 16) }
        var digits = bytes.mutableSpan
        for index in 0..<16 {
            let digit = UInt8(truncatingIfNeeded: value >> 60)
            digits[index] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
            value <<= 4
        }
    }
}
