import NIOCore
import RoomConfiguration
import WaitingRoom

/// The connections of one event loop to one endpoint, and what the loop knows of its health. Idle connections are a
/// stack: the one used last is used next, so that the rest can time out.
final class UpstreamPool: BalancedEndpoint {
    let endpoint: Endpoint
    /// Lives as long as its event loop.
    let gate: GateLoop
    private(set) var health: EndpointHealth
    let seed: UInt64
    /// Connections in use and on their way.
    var running = 0
    private(set) var counts = EndpointCounts()
    private var idle: ContiguousArray<UpstreamHandler> = []
    /// No target names the endpoint any more.
    private var isRetired = false

    init(endpoint: Endpoint, gate: GateLoop, isCheckedDown: Bool) {
        self.endpoint = endpoint
        self.gate = gate
        health = EndpointHealth(endpoint.health, isCheckedDown: isCheckedDown)
        seed = Balancer.hash(endpoint.name.utf8)
    }

    // MARK: Connections

    /// An idle connection, if there is one.
    func takeIdle() -> UpstreamHandler? {
        while let handler = idle.popLast() {
            if handler.isReusable {
                gate.counters.upstreamReused += 1
                return handler
            }
            handler.close()
        }
        return nil
    }

    /// Takes a connection back after an exchange that left it clean.
    func give(back handler: UpstreamHandler) {
        guard idle.count < gate.routing.gate.upstreamIdleConnections, health.isIn, !isRetired, !gate.isDraining else {
            handler.close()
            return
        }
        handler.becomeIdle()
        idle.append(handler)
    }

    /// An idle connection has ended.
    func remove(_ handler: UpstreamHandler) { idle.removeAll { $0 === handler } }

    func closeIdle() {
        let handlers = idle
        idle.removeAll()
        for handler in handlers { handler.close() }
    }

    /// Running requests end; nothing is kept after them.
    func retire() {
        isRetired = true
        closeIdle()
    }

    /// Connects on the gate's own loop and then calls back, always later than this call returns.
    func connect(_ done: @escaping (Result<UpstreamHandler, UpstreamFailure>) -> Void) {
        let handler = UpstreamHandler(pool: self)
        let boundHandler = NIOLoopBound(handler, eventLoop: gate.loop)
        running += 1
        let timeouts = gate.timeouts
        OriginConnector.connect(
            to: endpoint.origin, tls: endpoint.tls, on: gate.loop, timeout: timeouts.connect,
            handshake: timeouts.tlsHandshake
        ) { pipeline in
            try pipeline.addHandler(boundHandler.value)
        }
        .assumeIsolated()
        .whenComplete { [self] result in
            running -= 1
            switch result {
            case .success: done(.success(handler))
            case .failure(let error): done(.failure(error as? UpstreamFailure ?? .unreachable))
            }
        }
    }

    // MARK: Health

    /// A whole answer came.
    func answered() { health.answered(at: gate.now) }

    /// A request failed through no fault of the visitor's.
    func failed(_ failure: UpstreamFailure, isTrial: Bool) {
        counts.failures[failure.kind.rawValue] += 1
        if isTrial {
            health.trialFailed(at: gate.now)
        } else if health.failed(failure.kind == .connection ? .connection : .answer, at: gate.now) {
            counts.ejections += 1
            closeIdle()
            gate.noteChange(EndpointChange(endpoint: endpoint, verdict: .ejected(failure.kind)))
        }
    }

    func beginTrial(isLastResort: Bool) { health.beginTrial(isLastResort: isLastResort, at: gate.now) }

    /// The head of the answer to a trial came.
    func trialAnswered() {
        guard health.trialAnswered(at: gate.now) else { return }
        gate.noteChange(EndpointChange(endpoint: endpoint, verdict: .returned))
    }

    func trialAbandoned() { health.trialAbandoned(at: gate.now) }

    /// What the checks find from now on.
    func checked(isUp: Bool) {
        let wasEjected = health.state != .healthy
        health.checked(isUp: isUp, at: gate.now)
        if !isUp { closeIdle() }
        if wasEjected, health.state == .healthy {
            gate.noteChange(EndpointChange(endpoint: endpoint, verdict: .returned))
        }
    }
}
