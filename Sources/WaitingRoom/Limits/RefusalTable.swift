/// Who was refused, and until when the same answer will do. At most 12,288; who is not noted is asked for again.
package struct RefusalTable: Sendable {
    private static let shardCount = 256
    private static let shardLimit = 48

    private var shards = [[UInt64: Timestamp]](repeating: [:], count: shardCount)

    package init() {}

    /// - `caller`: random bits that stand for the caller.
    package mutating func note(_ caller: UInt64, until end: Timestamp, at now: Timestamp) {
        let shard = Int(caller % UInt64(Self.shardCount))
        if shards[shard].count >= Self.shardLimit { shards[shard] = shards[shard].filter { $0.value > now } }
        guard shards[shard].count < Self.shardLimit || shards[shard][caller] != nil else { return }
        shards[shard][caller] = end
    }

    /// How long the refusal still holds; nil if there is none.
    package func rest(of caller: UInt64, at now: Timestamp) -> Milliseconds? {
        guard let end = shards[Int(caller % UInt64(Self.shardCount))][caller], end > now else { return nil }
        return end - now
    }
}
