/// What was lately noted under many keys, in memory that does not grow: a table of sets with four places. Where a set is
/// full, what was used longest ago makes room, so a flood of keys costs the others their notes, never the gate its memory.
struct RecentTable<Value: Sendable>: Sendable {
    private struct Slot {
        var key: UInt64
        /// Milliseconds since 1970.
        var usedAt: Int64
        var value: Value
    }

    private static var ways: Int { 4 }

    /// Made with the first note: a gate without challenges has none.
    private var slots: [Slot?] = []
    private let setMask: UInt64

    /// - Parameter capacity: keys, rounded up to four times a power of two.
    init(capacity: Int) {
        var sets = 1
        while sets * Self.ways < capacity { sets *= 2 }
        setMask = UInt64(sets - 1)
    }

    /// What is noted under a key; O(1).
    func value(of key: UInt64) -> Value? {
        slots.isEmpty ? nil : slot(of: key).flatMap { slots[$0]?.value }
    }

    /// Changes what is noted under a key; O(1).
    /// - Parameters:
    ///   - now: milliseconds since 1970.
    ///   - initial: where nothing is.
    @discardableResult
    mutating func update<Result>(
        _ key: UInt64, now: Int64, initial: @autoclosure () -> Value, _ change: (inout Value) -> Result
    ) -> Result {
        if slots.isEmpty { slots = Array(repeating: nil, count: (Int(setMask) + 1) * Self.ways) }
        let index = slot(of: key) ?? vacancy(for: key)
        var value = slots[index].flatMap { $0.key == key ? $0.value : nil } ?? initial()
        let result = change(&value)
        slots[index] = Slot(key: key, usedAt: now, value: value)
        return result
    }

    private func places(of key: UInt64) -> Range<Int> {
        let first = Int(key & setMask) * Self.ways
        return first..<first + Self.ways
    }

    private func slot(of key: UInt64) -> Int? { places(of: key).first { slots[$0]?.key == key } }

    private func vacancy(for key: UInt64) -> Int {
        let places = places(of: key)
        return places.min { (slots[$0]?.usedAt ?? .min) < (slots[$1]?.usedAt ?? .min) } ?? places.lowerBound
    }
}
