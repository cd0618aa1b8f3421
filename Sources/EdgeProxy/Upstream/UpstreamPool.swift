import NIOCore
import NIOPosix
import NIOSSL
import RoomConfiguration
import WaitingRoom

/// The connections of one event loop to one origin. Idle ones are a stack: the one used last is used next, so that the
/// rest can time out.
final class UpstreamPool {
    let origin: Origin
    /// Lives as long as its event loop.
    let gate: GateLoop
    /// Of an https origin.
    let tls: NIOSSLContext?
    private var idle: ContiguousArray<UpstreamHandler> = []

    init(origin: Origin, tls: NIOSSLContext?, gate: GateLoop) {
        self.origin = origin
        self.tls = tls
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
    func connect(_ done: @escaping (Result<UpstreamHandler, UpstreamFailure>) -> Void) {
        let handler = UpstreamHandler(pool: self)
        let handshake = tls.map { OriginHandshake(with: origin, context: $0, gate: gate) }
        let handlers = NIOLoopBound((handshake, handler), eventLoop: gate.loop)
        ClientBootstrap(group: gate.loop)
            .connectTimeout(.milliseconds(gate.timeouts.connect.count))
            .channelOption(.socketOption(.tcp_nodelay), value: 1)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let (handshake, handler) = handlers.value
                    try handshake?.begin(on: channel)
                    try channel.pipeline.syncOperations.addHandler(handler)
                }
            }
            .connect(host: origin.host, port: origin.port)
            .assumeIsolated()
            .whenComplete { result in
                switch result {
                case .failure: done(.failure(.unreachable))
                case .success:
                    if let handshake {
                        handshake.whenDone { done($0.map { handler }) }
                    } else {
                        done(.success(handler))
                    }
                }
            }
    }
}
