package import QueueStore
package import WaitingRoom

extension DragonflyStore {
    package func adapt(_ change: RateChange, in room: RoomID) async throws(StoreError) -> Bool {
        for _ in 0..<Self.attempts {
            let facts = try await self.facts(of: room)
            let adapted = change.rate.map { AdaptedRate($0, change.reason, changedAt: facts.time) }
            let limits = facts.configured.inForce(adapted: adapted, under: facts.overrides).limits
                .flatMap { [$0.name, $0.value] }
            let kind = change.reason.isDistress ? "d" : change.reason == .off ? "o" : "r"
            let reply = try await run(
                .adapt, in: room,
                [
                    kind, change.basis?.text ?? "", change.rate?.word ?? "", change.reason.words,
                    "\(change.pause.count)", "\(change.rest.count)", facts.configured.text,
                    facts.overrides?.text ?? "",
                ] + limits)
            switch reply.text {
            case "OK": return true
            case "HELD": return false
            default: continue
            }
        }
        throw StoreError(.unavailable, "room \(room) changes too fast; try again")
    }

    /// What the store keeps as the adapted rate; nil for an empty text.
    static func adapted(_ text: String, of room: RoomID) throws(StoreError) -> AdaptedRate? {
        guard !text.isEmpty else { return nil }
        guard let adapted = AdaptedRate(text: text) else {
            throw StoreError(.corrupt, "the store holds an adapted rate of room \(room) that cannot be read")
        }
        return adapted
    }
}
