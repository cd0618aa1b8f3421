import HostSystem
import Logging
import QueueStore
import ServiceLifecycle
import WaitingRoom

/// Takes what the old process says while it drains to the store.
struct PredecessorService: Service {
    let channel: ControlChannel
    let store: any QueueStore
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while let line = await channel.line() {
                guard let note = DrainNote(line) else { continue }
                do throws(StoreError) {
                    try await take(note)
                } catch {
                    logger.warning("A word of the old process could not be stored", metadata: ["error": "\(error)"])
                }
            }
        }
        // A service may not end before it is its turn.
        try? await gracefulShutdown()
    }

    private func take(_ note: DrainNote) async throws(StoreError) {
        switch note {
        case .used(let session, let position, let pageViews, let room):
            let use = SessionActivity(session: session, position: position, pageViews: pageViews, client: nil)
            _ = try await store.record(Activity(sessions: [use]), in: room)
        case .ended(let session, let end, let room):
            _ = try await store.end(session, as: end, in: room)
        }
    }
}
