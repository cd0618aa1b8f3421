import Synchronization
package import WaitingRoom

extension MemoryStore {
    /// In memory only: a restart forgets the calls.
    package func countCall(
        from address: AddressDigest, under rate: Rate, in room: RoomID
    ) async throws(StoreError) -> RateVerdict {
        let now = clock()
        return calls.withLock { $0[room, default: RateTable()].take(address.value, at: now, under: rate) }
    }
}
