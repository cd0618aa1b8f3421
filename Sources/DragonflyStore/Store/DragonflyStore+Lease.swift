package import QueueStore
package import WaitingRoom

extension DragonflyStore {
    /// Takes a lease, or prolongs one's own. False if somebody else holds it.
    package func acquireLease(
        _ name: String, holder: String, lasting span: Milliseconds
    ) async throws(StoreError) -> Bool {
        try await lease("take", name, holder, span)
    }

    /// Prolongs one's own lease. False if it has passed on.
    package func renewLease(
        _ name: String, holder: String, lasting span: Milliseconds
    ) async throws(StoreError) -> Bool {
        try await lease("renew", name, holder, span)
    }

    /// Gives one's own lease back; somebody else's is left alone.
    package func releaseLease(_ name: String, holder: String) async throws(StoreError) {
        _ = try await lease("release", name, holder, Milliseconds(0))
    }

    private func lease(
        _ step: String, _ name: String, _ holder: String, _ span: Milliseconds
    ) async throws(StoreError) -> Bool {
        let reply = try await connection.run(
            .lease, keys: ["ar:lease:{\(name)}"], arguments: [step, holder, "\(max(1, span.count))"])
        if case .error(let text) = reply { throw StoreError(.unavailable, "the store refuses: \(text)") }
        return reply.integer == 1
    }
}
