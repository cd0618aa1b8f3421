import WaitingRoom

/// The draw in which those who join a room take part, as far as this gate knows.
struct JoinDraw: Hashable, Sendable {
    let seed: DrawSeed
    /// Nobody has been told of it: a draw may begin with it. True for one call only, or a later draw might begin with a seed
    /// that was published meanwhile.
    private var isFresh: Bool

    /// - Parameter due: what the script `join` says: a seed, `n` for a new one; anything else is no draw.
    init?(due: String) {
        var random = SystemRandomNumberGenerator()
        isFresh = due == "n"
        guard let seed = due == "n" ? DrawSeed(using: &random) : DrawSeed(hex: due) else { return nil }
        self.seed = seed
    }

    /// After a call that the script answered.
    var used: Self {
        var draw = self
        draw.isFresh = false
        return draw
    }

    /// What the script is told.
    var text: String { (isFresh ? "n" : "") + seed.hex }
}
