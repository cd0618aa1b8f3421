package import QueueStore
package import WaitingRoom

extension DragonflyStore {
    package func present(
        _ pass: Pass, for position: PositionID, in room: RoomID
    ) async throws(StoreError) -> PassOutcome {
        let names = RoomKeys(room: room)
        let view = view(of: room)
        let keys = names.shards(of: CollectionOfOne(position), view) + names.passes(CollectionOfOne(pass.id), view)
        let answer = try await run(.present, in: room, keys: keys, [position.hex, pass.text]).text ?? ""
        if let refusal = PassRefusal(rawValue: answer) { return .refused(refusal) }
        // What is remembered of it has the priority of before.
        forget(position, in: room)
        movedPeople(in: room)
        return try await exactPlaces(of: [position], in: room)[0].map(PassOutcome.place) ?? .unknown
    }
}
