import QueueStore
import Synchronization
package import WaitingRoom

/// Those who follow the events, from when they came on. Whoever does not read fast enough is cut off, so that what waits
/// for them is bounded.
package final class EventTails: Sendable {
    /// Tails at a time.
    static let limit = 16
    /// Bytes that may wait for one of them.
    static let backlog = 4 << 20
    /// Of the comment that says that the gate is there; also how soon a tail ends whose key is no more.
    static let beat = Duration.seconds(15)

    /// Which events somebody wants.
    struct Filter: Sendable {
        /// Nil: of all rooms.
        var room: RoomID?
        /// Such as `position.admitted`; nil: all.
        var kind: String?

        func wants(_ event: RoomEvent) -> Bool {
            (room.map { $0 == event.room } ?? true) && (kind.map { $0 == event.change.kind } ?? true)
        }
    }

    private struct Follower: Sendable {
        let filter: Filter
        let caller: AdminCaller
        let buffer: TailBuffer
        let onCut: @Sendable () -> Void
    }

    private struct State {
        var followers: [Int: Follower] = [:]
        var next = 0
        var isClosed = false
    }

    private let state = Mutex(State())
    /// Read without the lock, for almost always it is 0.
    private let count = Atomic<Int>(0)
    private let text: @Sendable (RoomEvent) -> (id: String, json: [UInt8])

    /// - Parameter text: an event's id and its CloudEvent.
    package init(text: @escaping @Sendable (RoomEvent) -> (id: String, json: [UInt8])) { self.text = text }

    /// Takes in what has happened, in order. Never waits.
    package func observe(_ events: [RoomEvent]) {
        guard !isQuiet else { return }
        let followers = state.withLock { Array($0.followers.values) }
        for event in events {
            let interested = followers.filter { $0.filter.wants(event) }
            guard !interested.isEmpty else { continue }
            let (id, json) = text(event)
            let frame = Array("id: \(id)\ndata: ".utf8) + json + Array("\n\n".utf8)
            for follower in interested { offer(frame, to: follower) }
        }
    }

    private func offer(_ bytes: [UInt8], to follower: Follower) {
        if !follower.buffer.append(bytes, limit: Self.backlog) { follower.onCut() }
    }

    /// Nil where there are as many as there may be.
    /// - Parameter onCut: ends the connection of a tail that did not read fast enough.
    func open(_ filter: Filter, for caller: AdminCaller, onCut: @escaping @Sendable () -> Void) -> EventTail? {
        let buffer = TailBuffer()
        let id: Int? = state.withLock { state in
            guard !state.isClosed, state.followers.count < Self.limit else { return nil }
            state.next += 1
            state.followers[state.next] = Follower(filter: filter, caller: caller, buffer: buffer, onCut: onCut)
            count.store(state.followers.count, ordering: .releasing)
            return state.next
        }
        guard let id else { return nil }
        // So that whoever asked knows at once that it is open.
        _ = buffer.append(Array(": open\n\n".utf8), limit: Self.backlog)
        return EventTail(id: id, buffer: buffer, tails: self)
    }

    /// Whether nobody follows.
    package var isQuiet: Bool { count.load(ordering: .acquiring) == 0 }

    func remove(_ id: Int) {
        state.withLock { state in
            state.followers[id] = nil
            count.store(state.followers.count, ordering: .releasing)
        }
    }

    /// Says every now and then that the gate is there, and ends the tails of keys that are no more.
    func run(_ keys: AdminKeyTable) async {
        while !Task.isCancelled {
            // The only error is that of being cancelled.
            guard (try? await Task.sleep(for: Self.beat)) != nil else { return }
            let followers = state.withLock { Array($0.followers.values) }
            for follower in followers {
                if keys.holds(follower.caller) {
                    offer(Array(": here\n\n".utf8), to: follower)
                } else {
                    follower.buffer.finish()
                }
            }
        }
    }

    /// Ends all of them; there will be no others.
    func close() {
        let followers = state.withLock { state in
            state.isClosed = true
            return Array(state.followers.values)
        }
        for follower in followers { follower.buffer.finish() }
    }
}

/// One who follows; forgotten when nobody holds it any more.
final class EventTail: Sendable {
    private let id: Int
    private let buffer: TailBuffer
    private let tails: EventTails

    init(id: Int, buffer: TailBuffer, tails: EventTails) {
        self.id = id
        self.buffer = buffer
        self.tails = tails
    }

    deinit { tails.remove(id) }

    /// What has come since the last call, at least one event or comment; nil at the end.
    func next() async -> [UInt8]? { await buffer.next() }
}
