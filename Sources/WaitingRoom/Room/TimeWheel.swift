import HeapModule

/// Positions by the moment from which a time-out of theirs runs, so that the due ones are found without looking at
/// the others.
///
/// Kept by base time, not by deadline: a time-out that is changed holds at once for everybody in the wheel. An entry is
/// a reminder, not a fact: whoever takes one out checks the position and notes it anew if it has given a sign of life
/// since, so each is looked at about once per time-out.
struct TimeWheel: Sendable {
    struct Reminder: Hashable, Sendable {
        let id: PositionID
        let time: Timestamp
    }

    /// Reminders by their 1.024 s of time, unordered within.
    private var buckets: [Int64: [Reminder]] = [:]
    private var order = Heap<Int64>()
    private(set) var count = 0

    /// O(1) amortised.
    mutating func note(_ id: PositionID, at time: Timestamp) {
        let index = Self.bucket(of: time)
        count += 1
        if buckets[index]?.append(Reminder(id: id, time: time)) == nil {
            buckets[index] = [Reminder(id: id, time: time)]
            order.insert(index)
        }
    }

    /// Removes up to `limit` reminders of `time` or before, early ones first but for the order within a bucket.
    /// O(returned), and the bucket of `time` itself is looked through.
    mutating func take(through time: Timestamp, limit: Int) -> [Reminder] {
        let last = Self.bucket(of: time)
        var taken: [Reminder] = []
        while taken.count < limit, let index = order.min, index <= last {
            var bucket = buckets.removeValue(forKey: index) ?? []
            // Those that are due go behind the others.
            let due = index < last ? bucket.startIndex : bucket.partition { $0.time <= time }
            let start = max(due, bucket.count - (limit - taken.count))
            taken += bucket[start...]
            bucket.removeSubrange(start...)
            if bucket.isEmpty { order.removeMin() } else { buckets[index] = bucket }
            if index == last { break }
        }
        count -= taken.count
        return taken
    }

    /// Removes the earliest bucket.
    mutating func takeEarliest() -> [Reminder] {
        guard let index = order.popMin(), let bucket = buckets.removeValue(forKey: index) else { return [] }
        count -= bucket.count
        return bucket
    }

    /// Those of `time` or later, unordered. O(all in their buckets + buckets).
    func reminders(since time: Timestamp) -> [Reminder] {
        let first = Self.bucket(of: time)
        return buckets.filter { $0.key >= first }.flatMap(\.value).filter { $0.time >= time }
    }

    private static func bucket(of time: Timestamp) -> Int64 { time.milliseconds >> 10 }
}
