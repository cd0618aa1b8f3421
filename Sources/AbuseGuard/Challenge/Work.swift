/// How much a browser has to compute: `pieces` numbers, each of which makes a SHA-256 that begins with `bits` zeros.
/// Several easy pieces take about the same time for everybody; one hard one would be a lottery.
package struct Work: Hashable, Sendable {
    package let bits: Int
    package let pieces: Int

    /// Nil outside of 1 to 20 bits and 1 to 32 pieces.
    init?(bits: Int, pieces: Int) {
        guard (1...20).contains(bits), (1...32).contains(pieces) else { return nil }
        self.bits = bits
        self.pieces = pieces
    }

    private init(level: Int) {
        bits = Self.leastBits + min(max(0, level), Self.levels - 1)
        pieces = 8
    }

    /// About 33,000 hashes; a phone makes some 100,000 a second, a laptop 500,000.
    private static let leastBits = 12
    /// The hardest is eight times the easiest: a few seconds on a phone.
    private static let levels = 4

    /// - `solved`: challenges that were solved in the last ten seconds. Those who solve none make it no harder for others.
    /// - `joins`: attempts of this address in the same time.
    package init(solved: Int, joins: Int, score: AbuseScore) {
        var level = 0
        for step in [200, 1000, 4000] where solved > step { level += 1 }
        if joins > NewcomerMemory.joinAllowance { level += 1 }
        if score.total >= AbuseScore.certainty { level += 1 }
        self.init(level: level)
    }
}
