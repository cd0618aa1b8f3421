package import WaitingRoom

extension MemoryStore {
    /// In memory only: a restart forgets the codes.
    package func offer(
        _ position: PositionID, under code: HandoverDigest, in room: RoomID
    ) async throws(StoreError) -> HandoverOffer {
        try await step(in: room) { room, step, _ in room.offer(position, under: code, at: step.now) }
    }

    package func takeOver(
        with code: HandoverDigest, as id: PositionID, in room: RoomID
    ) async throws(StoreError) -> HandoverOutcome {
        try await step(in: room) { room, step, _ in
            room.takeOver(with: code, as: id, at: step.now, emitting: &step.events)
        }
    }
}
