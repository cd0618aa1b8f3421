import WaitingRoom

/// Those who wait with one priority, in the order in which they should be admitted.
struct WaitingOrder: Sendable {
    struct Key: Hashable, Sendable, Comparable {
        let window: Timestamp
        let shuffleKey: UInt64
        let join: UInt64

        /// Before those of all windows: of one who comes back after a missed turn, or whom an operator put there.
        static func inFront(_ join: UInt64) -> Self {
            Key(window: Timestamp(milliseconds: .min), shuffleKey: 0, join: join)
        }

        static func < (a: Self, b: Self) -> Bool {
            if a.window != b.window { return a.window < b.window }
            return a.shuffleKey != b.shuffleKey ? a.shuffleKey < b.shuffleKey : a.join < b.join
        }
    }

    /// Ascending. Those before `head` are gone, and so are those in `gone`.
    private var keys: [Key] = []
    private var head = 0
    private var gone: Set<Key> = []

    /// O(1) where members come in order; with shuffling, O(members of the open window).
    mutating func insert(_ key: Key) {
        var index = keys.count
        while index > head, key < keys[index - 1] { index -= 1 }
        keys.insert(key, at: index)
    }

    mutating func remove(_ key: Key) {
        gone.insert(key)
        while head < keys.count, gone.remove(keys[head]) != nil { head += 1 }
        if head > 1024, head > keys.count / 2 {
            keys.removeFirst(head)
            head = 0
        }
    }

    var first: Key? { head < keys.count ? keys[head] : nil }
}
