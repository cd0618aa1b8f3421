package import QueueStore
package import WaitingRoom

extension DragonflyStore {
    package func offer(
        _ position: PositionID, under code: HandoverDigest, in room: RoomID
    ) async throws(StoreError) -> HandoverOffer {
        let names = RoomKeys(room: room)
        let view = view(of: room)
        let keys = names.codes(view) + names.shards(of: CollectionOfOne(position), view)
        let words = try await handover(
            ["offer", code.hex, position.hex, "\(HandoverTerms.mostCodes)", "\(HandoverTerms.life.count)"], keys, room)
        switch words[0] {
        case "offered":
            guard words.count == 2, let end = Timestamp(word: words[1]) else { throw Self.unreadable }
            return .offered(until: end)
        case "crowded": return .crowded
        case "over": return .over(try Self.status(words))
        default: return .unknown
        }
    }

    package func takeOver(
        with code: HandoverDigest, as id: PositionID, in room: RoomID
    ) async throws(StoreError) -> HandoverOutcome {
        let names = RoomKeys(room: room)
        let view = view(of: room)
        let keys = names.codes(view) + names.shards(of: CollectionOfOne(id), view)
        let words = try await handover(
            ["take", code.hex, id.hex, "\(HandoverTerms.mostMistakes)", "\(HandoverTerms.mistakeSpan.count)"], keys,
            room)
        switch words[0] {
        case "moved":
            guard words.count == 3, let old = PositionID(hex: words[1]), let heir = PositionID(hex: words[2]) else {
                throw Self.unreadable
            }
            // What is remembered of the old one says that it waits where another does now.
            forget(old, in: room)
            movedPeople(in: room)
            return try await exactPlaces(of: [heir], in: room)[0].map(HandoverOutcome.moved) ?? .wrong
        case "crowded":
            guard words.count == 2, let wait = Int64(words[1]) else { throw Self.unreadable }
            return .crowded(retryAfter: Milliseconds(wait))
        case "over": return .over(try Self.status(words))
        default: return .wrong
        }
    }

    private func handover(
        _ arguments: [String], _ keys: [String], _ room: RoomID
    ) async throws(StoreError) -> [String] {
        let words = try await run(.handover, in: room, keys: keys, arguments).array?.compactMap(\.text) ?? []
        guard !words.isEmpty else { throw Self.unreadable }
        return words
    }

    private static func status(_ words: [String]) throws(StoreError) -> PositionStatus {
        guard words.count == 2, let letter = words[1].utf8.first, let status = PositionStatus(letter: letter) else {
            throw unreadable
        }
        return status
    }

    private static var unreadable: StoreError { StoreError(.corrupt, "the store's answer cannot be read") }
}

extension HandoverDigest {
    fileprivate var hex: String { PositionID(bits: bits).hex }
}
