/// The windows of all callers of one limit, at most 49,152, which take 5 MB. Further ones pass uncounted until others' windows are over:
/// to refuse them would let anybody with many addresses shut out everybody else.
package struct RateTable: Sendable {
    package static let capacity = shardCount * shardLimit

    /// Many small tables: one large would stall when it grows, and would be long to look through for what is over.
    private static let shardCount = 1024
    /// What a dictionary of 64 buckets holds.
    private static let shardLimit = 48

    private var shards = [[UInt64: SlicedWindow]](repeating: [:], count: shardCount)
    private var span = Milliseconds(0)

    package init() {}

    /// Counts a call. O(1).
    /// - `caller`: random bits that stand for the caller.
    package mutating func take(_ caller: UInt64, at now: Timestamp, under rate: Rate) -> RateVerdict {
        if rate.per != span {
            self = RateTable()
            span = rate.per
        }
        let shard = Int(caller % UInt64(Self.shardCount))
        if shards[shard][caller] == nil {
            guard hasRoom(shard, at: now, rate) else { return .uncounted }
            shards[shard][caller] = SlicedWindow(at: now, under: rate)
        }
        return shards[shard][caller]?.take(at: now, under: rate) ?? .uncounted
    }

    private mutating func hasRoom(_ shard: Int, at now: Timestamp, _ rate: Rate) -> Bool {
        guard shards[shard].count >= Self.shardLimit else { return true }
        shards[shard] = shards[shard].filter { !$0.value.isOver(at: now, under: rate) }
        return shards[shard].count < Self.shardLimit
    }
}
