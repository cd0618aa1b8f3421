import EdgeProxy
import Logging
import NIOCore
import QueueStore
import ServiceLifecycle
import VisitorAPI
import WaitingRoom

/// Carries what the event loops have noted to the store, about once a second, and back to them which sessions are not
/// alive.
struct ActivityFlusher: Service {
    let store: any QueueStore
    let loops: [LoopHandle]
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await flush()
                try? await Task.sleep(for: .seconds(1))
            }
        }
    }

    func flush() async { await flush(to: store) }

    func flush(to store: some QueueStore) async {
        for handle in loops {
            let noted = try? await handle.eventLoop.submit { handle.activity.value.take() }.get()
            for (room, activity) in noted ?? [:] {
                do {
                    let dead = try await store.record(activity, in: room)
                    if !dead.isEmpty { revoke(dead) }
                } catch {
                    // Half a batch lost costs a visitor one heartbeat of several; sessions note their next request.
                    logger.warning(
                        "Signs of life could not be stored", metadata: ["queue_id": "\(room)", "error": "\(error)"])
                }
            }
        }
    }

    func revoke(_ sessions: [SessionID]) {
        for handle in loops { handle.eventLoop.execute { handle.gate.value.revoke(sessions) } }
    }
}
