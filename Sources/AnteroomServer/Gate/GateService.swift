import EdgeProxy
import HostSystem
import Logging
import NIOCore
import RoomConfiguration
import ServiceLifecycle
import Synchronization
import WaitingRoom

/// Drains the visitors' listeners when the process is told to stop: after `timeouts.drain_delay` nobody new, running
/// requests end, the rest is closed after `timeouts.drain`.
final class GateService: Service {
    private let listener: GateListener
    private let loops: [LoopHandle]
    private let timeouts: Mutex<GateTimeouts>
    private let status: GateStatus
    private let handover: HandoverService
    private let notifier: ServiceNotifier
    private let logger: Logger

    init(
        listener: GateListener, loops: [LoopHandle], timeouts: GateTimeouts, status: GateStatus,
        handover: HandoverService, notifier: ServiceNotifier, logger: Logger
    ) {
        self.listener = listener
        self.loops = loops
        self.timeouts = Mutex(timeouts)
        self.status = status
        self.handover = handover
        self.notifier = notifier
        self.logger = logger
    }

    /// A drain that has begun keeps the times that it began with.
    func apply(_ timeouts: GateTimeouts) { self.timeouts.withLock { $0 = timeouts } }

    func run() async throws {
        try? await gracefulShutdown()
        let timeouts = timeouts.withLock { $0 }
        status.beginDraining()
        if !handover.isOver {
            notifier.stopping()
            if timeouts.drainDelay.count > 0 {
                logger.notice(
                    "Stopping soon: /readyz says so, visitors are still accepted",
                    metadata: ["for": "\(timeouts.drainDelay)"])
                try? await Task.sleep(for: .milliseconds(timeouts.drainDelay.count))
            }
        }
        logger.notice("Draining: no new connections, running requests end")
        for handle in loops { handle.eventLoop.execute { handle.gate.value.drain() } }
        await listener.close()
        let deadline = ContinuousClock.now + .milliseconds(timeouts.drain.count)
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
