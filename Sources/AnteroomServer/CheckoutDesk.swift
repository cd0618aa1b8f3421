import NATSBus
import QueueStore
import WaitingRoom

/// Ends sessions on a shop's word.
struct CheckoutDesk {
    let store: any QueueStore

    /// A completed checkout completes the session; one that failed or ran out ends it too, for it frees the slot.
    func apply(_ checkout: CheckoutEvent) async -> CheckoutOutcome {
        do throws(StoreError) {
            let end: SessionEnd = checkout.kind == .completed ? .completed : .terminated
            if try await store.end(checkout.session, as: end, in: checkout.room) { return .applied }
            // Not alive: known and ended is as good as applied, for a message may come twice.
            if try await store.session(checkout.session, in: checkout.room) != nil { return .applied }
            return .impossible("there is no session \(checkout.session) in room \(checkout.room)")
        } catch {
            switch error.code {
            case .unknownRoom: return .impossible("there is no room \(checkout.room)")
            case .unavailable, .corrupt: return .later(error.message)
            }
        }
    }
}
