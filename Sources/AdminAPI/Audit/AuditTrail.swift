import QueueStore
import Synchronization
package import WaitingRoom

/// What of the events belongs into the audit.
package final class AuditTrail: Sendable {
    /// As each room was last set, so that an entry can say what has changed.
    private let settings = Mutex<[RoomID: RoomSettings]>([:])

    package init() {}

    /// In the order of the events.
    package func entries(of events: [RoomEvent]) -> [AuditEntry] { events.compactMap(entry) }

    private func entry(of event: RoomEvent) -> AuditEntry? {
        switch event.change {
        case .roomUpdated(let new):
            let old = settings.withLock { settings in
                defer { settings[event.room] = new }
                return settings[event.room]
            }
            return entry(event, by: AuditEntry.file, new.differences(from: old))
        case .positionEnqueued, .positionAdmitted, .positionExpired, .positionLeft, .sessionStarted, .sessionExpired,
            .sessionCompleted, .sessionTerminated, .passUsed, .drawStarted, .drawRevealed:
            return nil
        }
    }

    private func entry(_ event: RoomEvent, by actor: String, _ detail: String) -> AuditEntry {
        AuditEntry(
            time: event.time, actor: actor, room: event.room, sequence: event.sequence, action: event.change.kind,
            detail: detail)
    }
}

extension RoomSettings {
    /// What an operator sets most, where it is not as it was.
    fileprivate func differences(from old: RoomSettings?) -> String {
        var words: [String] = []
        func compare(_ name: String, _ value: String, _ before: String?) {
            if let before, before != value {
                words.append("\(name): \(before) -> \(value)")
            } else if before == nil {
                words.append("\(name): \(value)")
            }
        }
        compare("status", status.rawValue, old?.status.rawValue)
        compare("queue_rate", queueRate.text, old?.queueRate.text)
        compare("max_active_users", "\(maxActiveUsers)", old.map { "\($0.maxActiveUsers)" })
        return words.isEmpty ? "other settings" : words.joined(separator: ", ")
    }
}
