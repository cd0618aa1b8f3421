import WaitingRoom

/// Sessions whose tokens are refused although they have not ended. Remembers each for at least one period, unless more
/// than `limit` come within one: the store knows them all, this only spares the question.
///
/// Two generations instead of a time for each: O(1) to add and to look up, and what is forgotten goes all at once.
struct RevokedSessions {
    private var young: Set<SessionID> = []
    private var old: Set<SessionID> = []
    private var turn: Int64 = .min
    private let period: Int64
    private let limit: Int

    /// - Parameters:
    ///   - period: Seconds; as long as a token can live.
    ///   - limit: At most twice as many are remembered.
    init(period: Int64, limit: Int) {
        self.period = max(1, period)
        self.limit = max(1, limit)
    }

    mutating func insert(_ session: SessionID, now: Int64) {
        age(now)
        if young.count >= limit { startGeneration(now) }
        young.insert(session)
    }

    mutating func remove(_ session: SessionID) {
        young.remove(session)
        old.remove(session)
    }

    mutating func contains(_ session: SessionID, now: Int64) -> Bool {
        age(now)
        return young.contains(session) || old.contains(session)
    }

    private mutating func age(_ now: Int64) {
        if turn == .min { turn = now }
        guard now - turn >= period else { return }
        // After two periods without a turn the young ones are too old as well.
        if now - turn >= 2 * period { young = [] }
        startGeneration(now)
    }

    private mutating func startGeneration(_ now: Int64) {
        old = young
        young = []
        turn = now
    }
}
