import Synchronization
import WaitingRoom

/// The log of a store that keeps nothing: it only tells the observer.
final class VolatileLog: EventLog {
    private struct State {
        var pending: [RoomEvent] = []
        var appended: UInt64 = 0
        var isSealed = false
    }

    /// A struct, because a bare closure in a generic box gains a thunk each time it is reached.
    private struct Delivery {
        var observer: (@Sendable ([RoomEvent]) -> Void)?
    }

    private let state = Mutex(State())
    /// Held while the observer is called, so that batches reach it one after the other.
    private let delivery = Mutex(Delivery())

    func deliver(to observer: @escaping @Sendable ([RoomEvent]) -> Void) {
        delivery.withLock { $0.observer = observer }
    }

    func requireWritable() throws(StoreError) {
        if state.withLock(\.isSealed) { throw StoreError(.unavailable, "the store is closed") }
    }

    func append(_ entries: [LogEntry], rooms: () -> [Room]) -> LogTicket {
        state.withLock { state in
            for case .event(let event) in entries { state.pending.append(event) }
            state.appended += UInt64(entries.count)
            return LogTicket(position: state.appended)
        }
    }

    func durable(_ ticket: LogTicket) async throws(StoreError) {
        delivery.withLock { delivery in
            let events = state.withLock { state in
                let events = state.pending
                state.pending = []
                return events
            }
            if !events.isEmpty { delivery.observer?(events) }
        }
    }

    func seal(_ rooms: [Room]) { state.withLock { $0.isSealed = true } }

    func close() async throws(StoreError) {}
}
