import QueueStore
import WaitingRoom

/// Somebody on this event loop who wants to hear of a position's changes.
protocol LiveListener: AnyObject {
    var position: PositionID { get }
    /// What was told last.
    var lastPlace: Place? { get }
    /// A place that differs from the last one, or nil where the store knows the position no more.
    func tell(_ place: Place?)
    /// The room's facts have changed (status, estimate), if not the place.
    func roomChanged()
    /// The gate is about to stop.
    func release()
}

/// The live connections and long polls of one event loop, by room. Bound to its loop.
///
/// The store is asked for all of them together, once per admission step after which something has changed; a waiting
/// visitor costs it nothing in between, and a shared store nothing then either.
package final class LiveBoard {
    private var listeners: [RoomID: [ObjectIdentifier: any LiveListener]] = [:]
    /// At most so many long polls and WebSockets per loop; beyond it, clients fall back on plain polls.
    static let limit = 200_000
    private(set) var count = 0

    package init() {}

    /// False if there are too many.
    func add(_ listener: any LiveListener, to room: RoomID) -> Bool {
        guard count < Self.limit else { return false }
        if listeners[room, default: [:]].updateValue(listener, forKey: ObjectIdentifier(listener)) == nil { count += 1 }
        return true
    }

    func remove(_ listener: any LiveListener, from room: RoomID) {
        if listeners[room]?.removeValue(forKey: ObjectIdentifier(listener)) != nil { count -= 1 }
    }

    func releaseAll() {
        let everyone = listeners.values.flatMap(\.values)
        for listener in everyone { listener.release() }
    }

    func listeners(of room: RoomID) -> [any LiveListener] { listeners[room].map { Array($0.values) } ?? [] }
}
