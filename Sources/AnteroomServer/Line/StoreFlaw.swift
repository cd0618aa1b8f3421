import DragonflyStore
import NATSBus

/// Why a room in a store may not go on.
enum StoreFlaw: Hashable, Sendable, CustomStringConvertible {
    case absent
    case earlierHistory
    /// The stream says that the room goes on in a store of another generation.
    case otherGeneration
    case older(store: UInt64, record: UInt64)

    /// Nil if the store is as new as the record.
    init?(store: RoomStanding?, record: StreamLog.Standing?) {
        guard let record else { return nil }
        guard let store else {
            self = .absent
            return
        }
        if store.opened > record.opened { return nil }
        if store.opened < record.opened {
            self = .earlierHistory
        } else if let generation = record.generation, generation != store.generation {
            self = .otherGeneration
        } else if store.lastSequence < record.lastSequence {
            self = .older(store: store.lastSequence, record: record.lastSequence)
        } else {
            return nil
        }
    }

    var description: String {
        switch self {
        case .absent: "the store does not know it"
        case .earlierHistory: "the store has an earlier room of that name"
        case .otherGeneration: "the room was restored into another store, or into this one after what it has"
        case .older(let store, let record): "the store is at event \(store), the stream at \(record)"
        }
    }
}
