import Logging
import Prometheus
import RoomConfiguration
import Synchronization
import WaitingRoom

/// Says which rooms are in shadow: nobody should believe a site protected that is not.
final class ShadowWatch: Sendable {
    private let shadowed = Mutex<[RoomID: Bool]>([:])
    private let logger: Logger

    init(_ rooms: [RoomRule], logger: Logger) {
        self.logger = logger
        apply(rooms)
    }

    func apply(_ rooms: [RoomRule]) {
        let now = Dictionary(rooms.map { ($0.settings.id, $0.shadow) }) { first, _ in first }
        let before = shadowed.withLock { shadowed in
            defer { shadowed = now }
            return shadowed
        }
        for (room, isShadowed) in now where isShadowed != before[room] ?? false {
            let metadata: Logger.Metadata = ["queue_id": "\(room)"]
            if isShadowed {
                logger.warning("A room is in shadow: everybody is let through", metadata: metadata)
            } else {
                logger.notice("A room is in shadow no more: its line holds", metadata: metadata)
            }
        }
    }

    func write(_ writer: inout MetricsWriter) {
        for (room, isShadowed) in shadowed.withLock({ $0 }) {
            writer.gauge(
                "waiting_room_shadow", help: "1 while a room lets everybody through.",
                labels: [("queue_id", room.text)], value: isShadowed ? 1 : 0)
        }
    }
}
