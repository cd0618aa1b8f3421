import WaitingRoom

/// What visitors will do at known moments, taken out in the order of time.
///
/// Kept by the 1.024 s in which it falls, eight bytes each: twenty million come and go, and a heap would look at a dozen
/// of them for each.
struct Agenda {
    enum Act: UInt64 {
        /// Goes out of the line.
        case leave
        /// The first request of the session.
        case claim
        /// The last request of the session.
        case finish
    }

    /// Sorts by time, then act, then visitor. Bits: 10 of the millisecond within the bucket, 2 of the act, 32 of the visitor.
    private struct Entry: Comparable {
        let bits: UInt64

        init(_ offset: Int64, _ act: Act, _ visitor: UInt32) {
            bits = UInt64(offset) << 34 | act.rawValue << 32 | UInt64(visitor)
        }

        var offset: Int64 { Int64(bits >> 34) }
        var act: Act { Act(rawValue: bits >> 32 & 3) ?? .finish }
        var visitor: UInt32 { UInt32(truncatingIfNeeded: bits) }

        static func < (a: Self, b: Self) -> Bool { a.bits < b.bits }
    }

    private var buckets: [Int64: [Entry]] = [:]
    /// That which is being taken from, sorted from `next` on.
    private var current: [Entry] = []
    private var next = 0
    private var index: Int64
    /// No bucket before it holds anything.
    private var first = Int64.max
    private(set) var count = 0

    init(from start: Timestamp) { index = start.milliseconds >> 10 }

    /// `time` must not be before the last entry that was taken. O(1), or O(entries of the current second).
    mutating func note(_ act: Act, of visitor: UInt32, at time: Timestamp) {
        let bucket = time.milliseconds >> 10
        let entry = Entry(time.milliseconds & 0x3ff, act, visitor)
        count += 1
        guard bucket == index else {
            buckets[bucket, default: []].append(entry)
            first = min(first, bucket)
            return
        }
        var place = current.count
        while place > next, entry < current[place - 1] { place -= 1 }
        current.insert(entry, at: place)
    }

    /// When the next is due, if that is not after `time`. O(1) amortised.
    mutating func due(through time: Timestamp) -> Timestamp? {
        while next == current.count {
            guard turn(through: time.milliseconds >> 10) else { return nil }
        }
        let due = Timestamp(milliseconds: index << 10 | current[next].offset)
        return due <= time ? due : nil
    }

    /// The one that `due` told of.
    mutating func take() -> (Act, visitor: UInt32) {
        let entry = current[next]
        next += 1
        count -= 1
        return (entry.act, entry.visitor)
    }

    /// Goes on to the next bucket that holds anything, no later than `last`. False if there is none.
    private mutating func turn(through last: Int64) -> Bool {
        current.removeAll(keepingCapacity: true)
        next = 0
        guard first <= last, let bucket = buckets.removeValue(forKey: first) else {
            index = max(index, last)
            return false
        }
        index = first
        current = bucket
        current.sort()
        // Most often the very next one.
        first = buckets.isEmpty ? .max : buckets[index + 1] != nil ? index + 1 : buckets.keys.min() ?? .max
        return true
    }
}
