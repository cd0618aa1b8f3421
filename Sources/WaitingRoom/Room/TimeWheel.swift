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

    /// Reminders by their 1.024 s of time, unordered within; those of `recent` lie there.
    private var buckets: [Int64: [Reminder]] = [:]
    /// Of all that hold a reminder.
    private var order = Heap<Int64>()
    /// The one that was last noted in, as most are noted at about the same time.
    private var recent: (index: Int64, reminders: [Reminder]) = (.min, [])
    private(set) var count = 0
    /// The bucket that is sorted, the earliest last: the one that was last taken from in part.
    private var sorted = Int64.min
    /// No reminder is earlier: so it costs nothing to ask before any is due.
    private var earliest = Timestamp(milliseconds: .max)

    /// O(1) amortised.
    mutating func note(_ id: PositionID, at time: Timestamp) {
        let index = Self.bucket(of: time)
        count += 1
        earliest = min(earliest, time)
        if index != recent.index {
            putRecentBack()
            recent = (index, buckets.removeValue(forKey: index) ?? [])
        }
        if recent.reminders.isEmpty { order.insert(index) }
        if index == sorted { sorted = .min }
        recent.reminders.append(Reminder(id: id, time: time))
    }

    private mutating func putRecentBack() {
        if !recent.reminders.isEmpty { buckets[recent.index] = recent.reminders }
        recent = (.min, [])
    }

    /// Removes up to `limit` reminders of `time` or before, early ones first but for the order within a bucket.
    /// O(returned), and the bucket of `time` itself is sorted the first time that anything in it is due.
    mutating func take(through time: Timestamp, limit: Int) -> [Reminder] {
        guard earliest <= time else { return [] }
        let last = Self.bucket(of: time)
        if recent.index <= last { putRecentBack() }
        var taken: [Reminder] = []
        while taken.count < limit, let index = order.min, index < last {
            var bucket = buckets.removeValue(forKey: index) ?? []
            let start = max(0, bucket.count - (limit - taken.count))
            taken += bucket[start...]
            bucket.removeSubrange(start...)
            if bucket.isEmpty { order.removeMin() } else { buckets[index] = bucket }
        }
        earliest = order.min.map { Timestamp(milliseconds: $0 << 10) } ?? Timestamp(milliseconds: .max)
        if order.min == last { takeInPart(last, through: time, limit: limit, to: &taken) }
        count -= taken.count
        return taken
    }

    private mutating func takeInPart(
        _ index: Int64, through time: Timestamp, limit: Int, to taken: inout [Reminder]
    ) {
        var bucket = buckets.removeValue(forKey: index) ?? []
        if sorted != index {
            bucket.sort { $0.time > $1.time }
            sorted = index
        }
        while taken.count < limit, let next = bucket.last, next.time <= time {
            taken.append(next)
            bucket.removeLast()
        }
        if let next = bucket.last {
            earliest = next.time
            buckets[index] = bucket
        } else {
            order.removeMin()
            earliest = order.min.map { Timestamp(milliseconds: $0 << 10) } ?? Timestamp(milliseconds: .max)
        }
    }

    /// Removes the earliest bucket.
    mutating func takeEarliest() -> [Reminder] {
        putRecentBack()
        guard let index = order.popMin(), let bucket = buckets.removeValue(forKey: index) else { return [] }
        count -= bucket.count
        return bucket
    }

    /// Those of `time` or later, unordered. O(all in their buckets + buckets).
    func reminders(since time: Timestamp) -> [Reminder] {
        let first = Self.bucket(of: time)
        let found = buckets.filter { $0.key >= first }.flatMap(\.value) + recent.reminders
        return found.filter { $0.time >= time }
    }

    private static func bucket(of time: Timestamp) -> Int64 { time.milliseconds >> 10 }
}
