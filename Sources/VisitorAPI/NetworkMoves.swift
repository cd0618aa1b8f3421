import SessionTokens
import WaitingRoom

/// Visitors who lately proved that they are the same on another network, and to whom they are bound since: what they had
/// before is refused, so that a cookie that was passed on is one person's at a time. Bounded: past `limit` moves within
/// a generation the oldest are forgotten, whose former tokens are then good again until they end.
struct NetworkMoves {
    private static let limit = 4096
    /// As long as a token that was replaced can live, in seconds.
    private static let period: Int64 = 3600

    private var young: [PositionID: BindingDigest] = [:]
    private var old: [PositionID: BindingDigest] = [:]
    private var turn: Int64 = .min

    mutating func note(_ position: PositionID, _ binding: BindingDigest, now: Int64) {
        age(now)
        if young.count >= Self.limit { startGeneration(now) }
        young[position] = binding
    }

    /// Whether a token with these claims has been replaced by one for another network.
    mutating func haveReplaced(_ claims: TokenClaims, now: Int64) -> Bool {
        guard !young.isEmpty || !old.isEmpty else { return false }
        age(now)
        guard let current = young[claims.positionID] ?? old[claims.positionID] else { return false }
        return claims.binding != current
    }

    private mutating func age(_ now: Int64) {
        if turn == .min { turn = now }
        guard now - turn >= Self.period else { return }
        if now - turn >= 2 * Self.period { young = [:] }
        startGeneration(now)
    }

    private mutating func startGeneration(_ now: Int64) {
        old = young
        young = [:]
        turn = now
    }
}
