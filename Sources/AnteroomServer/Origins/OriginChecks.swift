import EdgeProxy
import NIOCore
import RoomConfiguration
import ServiceLifecycle
import Synchronization
import WaitingRoom

/// Checks each configured endpoint that has a check, one at a time each, and tells the loops when the verdict turns.
final class OriginChecks: Service {
    private let loops: [LoopHandle]
    private let notices: OriginNotices
    /// Nil once the gate stops.
    private let tasks = Mutex<[Endpoint: Task<Void, Never>]?>([:])

    init(loops: [LoopHandle], notices: OriginNotices) {
        self.loops = loops
        self.notices = notices
    }

    /// Begins with what is new and ends what is gone; the loops know these endpoints already.
    func apply(_ endpoints: [Endpoint]) {
        let wanted = Set(endpoints.filter { $0.health.check != nil })
        tasks.withLock { tasks in
            guard var running = tasks else { return }
            for (endpoint, task) in running where !wanted.contains(endpoint) {
                task.cancel()
                running[endpoint] = nil
            }
            for (turn, endpoint) in endpoints.enumerated() where wanted.contains(endpoint) {
                guard running[endpoint] == nil, let check = endpoint.health.check else { continue }
                let eventLoop = loops[turn % loops.count].eventLoop
                running[endpoint] = Task { [self] in await follow(endpoint, check, on: eventLoop) }
            }
            tasks = running
        }
    }

    func run() async throws {
        try? await gracefulShutdown()
        let running = tasks.withLock { tasks in
            defer { tasks = nil }
            return tasks ?? [:]
        }
        for task in running.values { task.cancel() }
        for task in running.values { await task.value }
    }

    private func follow(_ endpoint: Endpoint, _ check: HealthCheck, on eventLoop: any EventLoop) async {
        var health = CheckedHealth(check)
        while !Task.isCancelled {
            let found = await HealthProbe.run(check, at: endpoint, on: eventLoop)
            guard !Task.isCancelled else { return }
            let isGood = if case .status(let status) = found { check.expects(status) } else { false }
            if health.note(isGood: isGood) {
                for handle in loops {
                    handle.eventLoop.execute { handle.gate.value.note(endpoint, isUp: isGood) }
                }
                notices.tell(endpoint, isUp: isGood, found: found.description)
            }
            try? await Task.sleep(for: .milliseconds(check.interval.count))
        }
    }
}
