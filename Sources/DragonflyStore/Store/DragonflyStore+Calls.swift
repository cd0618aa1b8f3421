package import QueueStore
package import WaitingRoom

extension DragonflyStore {
    /// Counts the calls of all gates. Where the script's table is full the call passes uncounted, as with `RateTable`.
    package func countCall(
        from address: AddressDigest, under rate: Rate, in room: RoomID
    ) async throws(StoreError) -> RateVerdict {
        let key = RoomKeys(room: room).calls(of: address, per: rate.per)
        let reply = try await connection.run(
            .call, keys: [key], arguments: [timeArgument, "\(address)", "\(rate.count)", "\(rate.per.count)"])
        if case .error(let text) = reply { throw StoreError(.unavailable, "the store refuses: \(text)") }
        let numbers = (reply.array ?? []).compactMap(\.integer)
        guard numbers.count == 3 else { throw StoreError(.corrupt, "the store's answer cannot be read") }
        let wait = Milliseconds(Int64(numbers[2]))
        return switch numbers[0] {
        case 1: .passed(remaining: numbers[1], reset: wait)
        case 0: .refused(retryAfter: wait)
        default: .uncounted
        }
    }
}
