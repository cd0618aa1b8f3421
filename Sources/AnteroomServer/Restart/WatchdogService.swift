import HostSystem
import NIOCore
import ServiceLifecycle

/// Tells systemd's watchdog that the process is well, as long as every event loop answers.
struct WatchdogService: Service {
    let notifier: ServiceNotifier
    let loops: [LoopHandle]

    func run() async throws {
        guard let interval = notifier.watchdogInterval else {
            try? await gracefulShutdown()
            return
        }
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                for handle in loops { try? await handle.eventLoop.submit {}.get() }
                notifier.alive()
                try? await Task.sleep(for: interval / 3)
            }
        }
    }
}
