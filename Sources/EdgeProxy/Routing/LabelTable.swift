import Synchronization
package import WaitingRoom

/// Gives each room that was ever configured a small number, so that a loop's counters are plain arrays. Label 0 is
/// "no room".
package final class LabelTable: Sendable {
    private let ids = Mutex<[RoomID]>([])

    package init() {}

    /// The room's number, from 1 on; the same for as long as the process runs.
    package func label(for id: RoomID) -> Int {
        ids.withLock { ids in
            if let index = ids.firstIndex(of: id) { return index + 1 }
            ids.append(id)
            return ids.count
        }
    }

    /// The label values in order: "" for no room.
    package var names: [String] { [""] + ids.withLock { $0.map(\.text) } }
}
