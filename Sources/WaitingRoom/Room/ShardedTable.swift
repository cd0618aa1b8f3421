/// A hash table in many small parts.
///
/// One big table stalls when it grows and when it is changed while a copy of it lives (tens of milliseconds at a
/// million entries); here both happen one small part at a time. The keys' own random bits are their hash, and a key
/// lies beside its value, so what is found costs one look at memory that is far away. Nobody outside chooses keys: they
/// are drawn, or hashed with a secret.
struct ShardedTable<Key: ShardedKey, Value: Sendable>: Sendable {
    private var shards = [TableShard<Key, Value>](repeating: TableShard(), count: Int(TableParts.count))

    subscript(key: Key) -> Value? {
        get { shards[Self.shard(of: key)].value(of: key) }
        set { shards[Self.shard(of: key)].set(key, to: newValue) }
    }

    func contains(_ key: Key) -> Bool { read(key) { _ in true } ?? false }

    /// Looks at a value in place, without a copy; nil if there is none.
    func read<Result>(_ key: Key, _ body: (borrowing Value) -> Result) -> Result? {
        shards.span[Self.shard(of: key)].read(key, body)
    }

    /// Changes a value in place; nil if there is none.
    mutating func update<Result>(_ key: Key, _ body: (inout Value) -> Result) -> Result? {
        shards[Self.shard(of: key)].update(key, body)
    }

    /// Takes a value out if it is there and `condition` holds.
    mutating func remove(_ key: Key, if condition: (borrowing Value) -> Bool) -> Value? {
        shards[Self.shard(of: key)].remove(key, if: condition)
    }

    /// Changes every value in place. O(n).
    mutating func updateEach(_ body: (Key, inout Value) -> Void) {
        for shard in shards.indices { shards[shard].updateEach(body) }
    }

    /// In no order. O(n).
    func forEach(_ body: (Key, Value) -> Void) {
        for shard in shards { shard.forEach(body) }
    }

    /// In no order, those of one part of `TableParts.count`. O(n / parts).
    func forEach(inPart part: Int, _ body: (Key, Value) -> Void) { shards[part].forEach(body) }

    private static func shard(of key: Key) -> Int { Int(key.hash % TableParts.count) }
}

/// Of every `ShardedTable`.
enum TableParts {
    /// With this many, those of a table of a million hold some 700 entries each, and an empty table takes 22 KB.
    static var count: UInt64 { 1399 }
}

/// A key with random bits of its own.
protocol ShardedKey: Hashable, Sendable {
    var bits: UUIDBits { get }
    /// From the bits of such a key.
    init(bits: UUIDBits)
}

extension ShardedKey {
    var hash: UInt64 { bits.low ^ bits.high }
}

extension PositionID: ShardedKey {}
extension SessionID: ShardedKey {}
