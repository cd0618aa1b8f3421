/// How often each pass of a room has been used, as long as it could be used again.
///
/// Bounded: a pass whose time is over is forgotten, for it is refused by its time.
struct PassLedger: Sendable {
    /// How many passes are remembered at most.
    static let limit = 500_000

    private struct Entry: Sendable {
        var used: Int
        var expiresAt: Timestamp
    }

    private var entries = ShardedTable<PassID, Entry>()
    /// By the 65.536 s of time in which they end.
    private var endings: [Int64: [PassID]] = [:]
    private var earliest = Int64.max
    private(set) var count = 0

    /// Nil if one more use may be counted. O(1).
    func refusal(of pass: Pass, at now: Timestamp) -> PassRefusal? {
        guard now < pass.expiresAt else { return .over }
        guard let entry = entries[pass.id] else {
            return pass.uses < 1 ? .spent : count >= Self.limit ? .crowded : nil
        }
        return entry.used < pass.uses ? nil : .spent
    }

    func used(_ id: PassID) -> Int { entries[id]?.used ?? 0 }

    /// Counts one use. O(1).
    mutating func use(_ pass: Pass) {
        if entries.update(pass.id, { $0.used += 1 }) == nil {
            restore(PassImage(id: pass.id, used: 1, expiresAt: pass.expiresAt))
        }
    }

    /// Puts the count of a pass back that is not in the ledger.
    mutating func restore(_ image: PassImage) {
        entries[image.id] = Entry(used: image.used, expiresAt: image.expiresAt)
        let bucket = Self.bucket(of: image.expiresAt)
        endings[bucket, default: []].append(image.id)
        earliest = min(earliest, bucket)
        count += 1
    }

    /// Forgets up to `limit` passes whose time was over a while before `now`. O(limit), and O(buckets) when a bucket is
    /// empty.
    mutating func forget(at now: Timestamp, limit: Int) {
        var rest = limit
        while rest > 0, earliest < Self.bucket(of: now) {
            let count = endings[earliest]?.count ?? 0
            for id in endings[earliest]?.suffix(rest) ?? [] { entries[id] = nil }
            let gone = min(rest, count)
            self.count -= gone
            rest -= gone
            if gone < count {
                endings[earliest]?.removeLast(gone)
            } else {
                endings[earliest] = nil
                earliest = endings.keys.min() ?? .max
            }
        }
    }

    /// In no order. O(n).
    func forEach(_ body: (PassImage) -> Void) {
        entries.forEach { id, entry in body(PassImage(id: id, used: entry.used, expiresAt: entry.expiresAt)) }
    }

    private static func bucket(of time: Timestamp) -> Int64 { time.milliseconds >> 16 }
}

/// A pass's count, as a snapshot keeps it.
package struct PassImage: Hashable, Sendable {
    package var id: PassID
    package var used: Int
    package var expiresAt: Timestamp

    package init(id: PassID, used: Int, expiresAt: Timestamp) {
        self.id = id
        self.used = used
        self.expiresAt = expiresAt
    }
}
