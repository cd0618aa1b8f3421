/// Everybody who waits in one room, in order: a counted B+tree, so that joining, asking for a rank and leaving from
/// anywhere cost O(log n).
///
/// It is a value: a copy costs O(1), and a change after that copies only the nodes on its path. A snapshot of a million
/// members therefore stalls nobody.
struct Line: Sendable {
    struct Member: Hashable, Sendable {
        let key: LineKey
        let id: PositionID
    }

    private var root = LineNode()

    var count: Int { root.count }

    /// The key must not be in the line. O(log n).
    mutating func insert(_ member: Member) {
        guard let right = root.insert(member) else { return }
        root = LineNode(children: [root, right])
    }

    /// False if nobody stands at `key`. O(log n).
    @discardableResult
    mutating func remove(_ key: LineKey) -> Bool {
        guard root.remove(key) else { return false }
        while root.children.count == 1 { root = root.children[0] }
        return true
    }

    /// How many stand before `key`, which need not be in the line. O(log n).
    func countBefore(_ key: LineKey) -> Int { root.countBefore(key) }

    /// From the first member that does not stand before `key` on, front to back, for as long as `body` says true.
    /// O(log n + looked at).
    func scan(from key: LineKey, while body: (Member) -> Bool) { _ = root.scan(from: key, body) }

    /// From front to back. O(n).
    func forEach(_ body: (Member) -> Void) { root.forEach(body) }

    /// From front to back for as long as the body says true; false if it did not come to the end.
    func walk(while body: (Member) -> Bool) -> Bool { root.walk(while: body) }
}
