import QueueStore
import WaitingRoom

/// What a place in line takes of memory in the embedded store, the journal apart.
enum MemoryFigures {
    /// The growth of the resident memory while so many join, divided among them. Right only in a process that has done
    /// nothing before.
    /// - Parameter limit: `max_positions_per_address`. Everybody comes from an address of their own, which costs most.
    static func bytesOfAPlace(waiting: Int, limit: Int) async throws -> Int {
        guard let id = RoomID("benchmark") else { return 0 }
        let settings = RoomSettings(
            id: id, maxActiveUsers: 1, maxQueueSize: 0, maxPositionsPerAddress: limit,
            queueRate: Rate(count: 1, per: .minutes(60)))
        let store = MemoryStore(clock: { Timestamp(milliseconds: 1_000_000) })
        try await store.configure([settings])
        var random = SplitMix(state: 1)
        let before = RoomFigures.residentBytes()
        for _ in 0..<waiting {
            let position = PositionID(using: &random)
            _ = try await store.arrive(
                Arrival(
                    id: position, client: Client(address: "192.0.2.1", userAgent: "x"),
                    addressDigest: AddressDigest(position.bits.low)), in: id)
        }
        let after = RoomFigures.residentBytes()
        try await store.close()
        return (after - before) / max(1, waiting)
    }
}
