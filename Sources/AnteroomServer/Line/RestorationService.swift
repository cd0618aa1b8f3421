import DragonflyStore
import Logging
import QueueStore
import ServiceLifecycle
import WaitingRoom

/// Sees to it that rooms are compared after each new connection to the store.
struct RestorationService: Service {
    let restorer: RoomRestorer
    let rooms: @Sendable () -> [RoomSettings]

    /// How long a room rests whose events cannot be replayed: somebody has to see to it first.
    private static let rest = Duration.seconds(30)

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var reported: [RoomID: String] = [:]
            var resting: [RoomID: ContinuousClock.Instant] = [:]
            while !Task.isCancelled {
                for settings in rooms() where needsCompare(settings.id) && resting[settings.id] ?? .now <= .now {
                    do throws(StoreError) {
                        try await restorer.compare(settings)
                        reported[settings.id] = nil
                    } catch {
                        if error.code == .corrupt { resting[settings.id] = .now + Self.rest }
                        report(error, settings.id, &reported)
                    }
                }
                try? await Task.sleep(for: .milliseconds(200))
            }
        }
    }

    private func needsCompare(_ room: RoomID) -> Bool {
        restorer.store.connectionNumber != nil && !restorer.store.isTrusted(room)
    }

    private func report(_ error: StoreError, _ room: RoomID, _ reported: inout [RoomID: String]) {
        restorer.store.explain(error.message, of: room)
        guard reported[room] != error.message else { return }
        reported[room] = error.message
        restorer.logger.error(
            "A room stays closed until it can be compared with its events",
            metadata: ["queue_id": "\(room)", "error": "\(error)"])
    }
}
