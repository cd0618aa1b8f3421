import QueueStore
import Synchronization
package import WaitingRoom

/// What of the events belongs into the audit.
package final class AuditTrail: Sendable {
    /// As each room was last set, so that an entry can say what has changed.
    private let settings = Mutex<[RoomID: RoomSettings]>([:])

    package init() {}

    /// In the order of the events. What one step does to many at once, as a drain does, is one entry.
    package func entries(of events: [RoomEvent]) -> [AuditEntry] {
        var entries: [AuditEntry] = []
        var last: Act?
        var count = 0
        for event in events {
            guard let act = act(event) else { continue }
            if let many = act.many, many == last?.many, act.actor == last?.actor, entries.last?.room == event.room {
                count += 1
                entries[entries.count - 1].detail = "\(count) \(many)"
                entries[entries.count - 1].sequence = event.sequence
            } else {
                count = 1
                entries.append(
                    AuditEntry(
                        time: event.time, actor: act.actor, room: event.room, sequence: event.sequence,
                        action: event.change.kind, detail: act.detail))
            }
            last = act
        }
        return entries
    }

    /// What somebody did.
    private struct Act {
        var actor: String
        var detail: String
        /// What several of the kind are called; nil where each is told by itself.
        var many: String?
    }

    /// Nil where nobody did it by hand.
    private func act(_ event: RoomEvent) -> Act? {
        switch event.change {
        case .roomUpdated(let new):
            let old = settings.withLock { settings in
                defer { settings[event.room] = new }
                return settings[event.room]
            }
            return Act(actor: AuditEntry.file, detail: new.differences(from: old))
        case .roomOverridden(let overrides, let actor): return Act(actor: actor.text, detail: overrides.words)
        case .admissionGranted(let count, let actor): return Act(actor: actor.text, detail: "\(count)")
        case .positionMoved(let id, let target, let actor):
            return Act(actor: actor.text, detail: "\(id) \(target.words)")
        case .positionTerminated(let id, let actor):
            return Act(actor: actor.text, detail: "\(id)", many: "positions")
        case .sessionTerminated(let id, let actor?): return Act(actor: actor.text, detail: "\(id)", many: "sessions")
        default: return nil
        }
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
