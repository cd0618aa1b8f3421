import NATSBus
import QueueStore
import WaitingRoom

/// Ends sessions on a shop's word.
struct CheckoutDesk {
    let store: any QueueStore
    let rooms: @Sendable () -> [RoomSettings]

    /// A completed checkout completes the session; one that failed or ran out ends it too, for it frees the slot.
    func apply(_ checkout: CheckoutEvent) async -> CheckoutOutcome {
        guard rooms().contains(where: { $0.id == checkout.room }) else {
            return .impossible("there is no room \(checkout.room)")
        }
        do throws(StoreError) {
            let end: SessionEnd = checkout.kind == .completed ? .completed : .terminated
            if try await store.end(checkout.session, as: end, in: checkout.room) { return .applied }
            // Not alive: known and ended is as good as applied, for a message may come twice.
            if try await store.session(checkout.session, in: checkout.room) != nil { return .applied }
            return .impossible("there is no session \(checkout.session) in room \(checkout.room)")
        } catch {
            // A store that does not know the room has lost it for the moment.
            return .later(error.message)
        }
    }
}
