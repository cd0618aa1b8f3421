import DragonflyStore
import EdgeProxy
import NIOCore
import QueueStore
import ServiceLifecycle
import WaitingRoom

/// Asks a shared store every second which sessions have ended, whoever ended them, so that this gate refuses their
/// tokens and closes their tunnels.
struct RevocationPoller: Service {
    let store: DragonflyStore
    let rooms: @Sendable () -> [RoomSettings]
    let loops: [LoopHandle]
    /// So long a token lives that was given out before this gate asked for the first time.
    let tokenLifetime: Milliseconds

    /// Looked at again each time, so that nothing is missed that was written late. To refuse a token twice costs little.
    private static let overlap = Milliseconds(-3000)

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var asked: [RoomID: Timestamp] = [:]
            while !Task.isCancelled {
                for room in rooms().map(\.id) {
                    do throws(StoreError) {
                        // By the store's clock, not by this gate's.
                        let now = try await store.now()
                        let since = asked[room] ?? now + Milliseconds(-tokenLifetime.count)
                        let ended = try await store.endedSessions(in: room, since: since + Self.overlap)
                        asked[room] = now
                        guard !ended.isEmpty else { continue }
                        for handle in loops { handle.eventLoop.execute { handle.gate.value.revoke(ended) } }
                    } catch {
                        // While the store is away nothing can end there either; the time asked from stays.
                        continue
                    }
                }
                try? await Task.sleep(for: .seconds(1))
            }
        }
    }
}
