/// A hash table in many small parts.
///
/// One big table stalls when it doubles and when it is changed while a copy of it lives (tens of milliseconds at a
/// million entries); here both happen one small part at a time.
struct ShardedTable<Key: ShardedKey, Value: Sendable>: Sendable {
    /// With this many, the parts of a table of a million are 70 % full, and an empty table takes 11 KB.
    private static var shardCount: UInt64 { 1399 }

    private var shards = [[Key: Value]](repeating: [:], count: Int(shardCount))

    subscript(key: Key) -> Value? {
        get { shards[Self.shard(of: key)][key] }
        set { shards[Self.shard(of: key)][key] = newValue }
    }

    /// Changes a value in place; nil if there is none.
    mutating func update<Result>(_ key: Key, _ body: (inout Value) -> Result) -> Result? {
        let shard = Self.shard(of: key)
        guard let index = shards[shard].index(forKey: key) else { return nil }
        return body(&shards[shard].values[index])
    }

    /// Changes every value in place. O(n).
    mutating func updateEach(_ body: (Key, inout Value) -> Void) {
        for shard in shards.indices {
            var index = shards[shard].startIndex
            while index != shards[shard].endIndex {
                body(shards[shard].keys[index], &shards[shard].values[index])
                shards[shard].formIndex(after: &index)
            }
        }
    }

    /// In no order. O(n).
    func forEach(_ body: (Key, Value) -> Void) {
        for shard in shards { for (key, value) in shard { body(key, value) } }
    }

    private static func shard(of key: Key) -> Int { Int((key.bits.low ^ key.bits.high) % shardCount) }
}

/// A key with random bits of its own, which choose the part.
protocol ShardedKey: Hashable, Sendable {
    var bits: UUIDBits { get }
}

extension PositionID: ShardedKey {}
extension SessionID: ShardedKey {}
