import EdgeProxy
import Logging
import NIOCore
import RoomConfiguration
import ServiceLifecycle
import Synchronization
import WaitingRoom

/// Holds the visitors' listeners open, and drains them when the process is told to stop: nobody new, running requests
/// end, the rest is closed after `timeouts.drain`.
final class GateService: Service {
    private let listener: GateListener
    private let loops: [LoopHandle]
    private let drain: Mutex<Milliseconds>
    private let logger: Logger

    init(listener: GateListener, loops: [LoopHandle], drain: Milliseconds, logger: Logger) {
        self.listener = listener
        self.loops = loops
        self.drain = Mutex(drain)
        self.logger = logger
    }

    /// A drain that has begun keeps the time that it began with.
    func apply(drain: Milliseconds) { self.drain.withLock { $0 = drain } }

    func run() async throws {
        try? await gracefulShutdown()
        logger.notice("Draining: no new connections, running requests end")
        await listener.close()
        for handle in loops { handle.eventLoop.execute { handle.gate.value.drain() } }
        let deadline = ContinuousClock.now + .milliseconds(drain.withLock { $0.count })
        while ContinuousClock.now < deadline, await openConnections() > 0 {
            try? await Task.sleep(for: .milliseconds(50))
        }
        let left = await openConnections()
        if left > 0 { logger.warning("Closing what did not end in time", metadata: ["connections": "\(left)"]) }
        for handle in loops {
            try? await handle.eventLoop.submit { handle.gate.value.closeAll() }.get()
        }
    }

    private func openConnections() async -> Int {
        var count = 0
        for handle in loops {
            count += (try? await handle.eventLoop.submit { handle.gate.value.openConnections }.get()) ?? 0
        }
        return count
    }
}
