import NIOCore
import NIOPosix
import RoomConfiguration
import WaitingRoom

/// The connections of one event loop to one origin. Idle ones are a stack: the one used last is used next, so that the
/// rest can time out.
final class UpstreamPool {
    let origin: Origin
    /// Lives as long as its event loop.
    let gate: GateLoop
    private var idle: ContiguousArray<UpstreamHandler> = []

    init(origin: Origin, gate: GateLoop) {
        self.origin = origin
        self.gate = gate
    }

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
        guard idle.count < gate.routing.gate.upstreamIdleConnections, !gate.isDraining else {
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

    /// Connects on the gate's own loop and then calls back, always later than this call returns.
    func connect(_ done: @escaping (Result<UpstreamHandler, any Error>) -> Void) {
        let handler = UpstreamHandler(pool: self)
        let boundHandler = NIOLoopBound(handler, eventLoop: gate.loop)
        ClientBootstrap(group: gate.loop)
            .connectTimeout(.milliseconds(gate.timeouts.connect.count))
            .channelOption(.socketOption(.tcp_nodelay), value: 1)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(boundHandler.value)
                }
            }
            .connect(host: origin.host, port: origin.port)
            .assumeIsolated()
            .whenComplete { result in
                switch result {
                case .success: done(.success(handler))
                case .failure(let error): done(.failure(error))
                }
            }
    }
}
