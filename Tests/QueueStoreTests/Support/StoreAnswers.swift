import QueueStore
import WaitingRoom

/// What a store answers of a room, but for soft facts: what begins anew with a recovery.
struct StoreAnswers: Hashable {
    var places: [Place?] = []
    var sessions: [Session?] = []
    var ended: Set<SessionID>
    var facts: RoomFacts

    init(of room: RoomID, for ids: [PositionID], in store: some QueueStore) async throws {
        ended = Set(try await store.endedSessions(in: room, since: Timestamp(milliseconds: 0)))
        facts = try await store.facts(of: room)
        for var place in try await store.places(of: ids, in: room) {
            place?.position.expiresAt = Timestamp(milliseconds: 0)
            places.append(place)
        }
        for id in ids {
            var session = try await store.session(SessionID(of: id), in: room)
            session?.expiresAt = Timestamp(milliseconds: 0)
            session?.lastSeen = Timestamp(milliseconds: 0)
            if session?.pageViews == 0 { session?.startedAt = Timestamp(milliseconds: 0) }
            sessions.append(session)
        }
    }
}
