/// A node of the counted B+tree behind `Line`: a leaf of members, or a branch of nodes, in order.
///
/// A struct whose arrays hold the level below: uniquely held, it is changed in place; shared with a copy of the line,
/// the arrays on the path are copied.
struct LineNode: Sendable {
    static let leafCapacity = 128
    static let fanout = 32

    /// Members in this node and below.
    private(set) var count = 0
    /// The first key in this node or below it; meaningless while `count` is 0.
    private var least = LineKey.front(of: 0)
    /// A leaf's members; empty in a branch.
    private var members: [Line.Member] = []
    /// A branch's children, none of them empty; empty in a leaf.
    private(set) var children: [LineNode] = []

    init() {}

    /// A branch. `children` must not be empty.
    init(children: [LineNode]) {
        self.children = children
        count = children.reduce(0) { $0 + $1.count }
        least = children[0].least
    }

    private init(members: some Sequence<Line.Member>) {
        self.members.reserveCapacity(Self.leafCapacity)
        self.members.append(contentsOf: members)
        count = self.members.count
        if let first = self.members.first { least = first.key }
    }

    /// - Returns: the right half, if this node had to be split.
    mutating func insert(_ member: Line.Member) -> LineNode? {
        let right = children.isEmpty ? insertIntoLeaf(member) : insertIntoBranch(member)
        count = count + 1 - (right?.count ?? 0)
        return right
    }

    private mutating func insertIntoLeaf(_ member: Line.Member) -> LineNode? {
        let index = firstIndex(atOrAfter: member.key)
        if members.count < Self.leafCapacity {
            members.insert(member, at: index)
            least = members[0].key
            return nil
        }
        // Most members join at the end: there the left leaf stays full instead of half empty for ever.
        if index == members.count { return LineNode(members: CollectionOfOne(member)) }
        let half = members.count / 2
        var right = LineNode(members: members[half...])
        members.removeSubrange(half...)
        if index <= half { members.insert(member, at: index) } else { right.insertUnsplit(member, at: index - half) }
        least = members[0].key
        return right
    }

    private mutating func insertUnsplit(_ member: Line.Member, at index: Int) {
        members.insert(member, at: index)
        least = members[0].key
        count += 1
    }

    private mutating func insertIntoBranch(_ member: Line.Member) -> LineNode? {
        let index = childIndex(for: member.key)
        let split = children[index].insert(member)
        least = children[0].least
        guard let split else { return nil }
        children.insert(split, at: index + 1)
        guard children.count > Self.fanout else { return nil }
        let cut = index + 2 == children.count ? children.count - 1 : children.count / 2
        let right = LineNode(children: Array(children[cut...]))
        children.removeSubrange(cut...)
        return right
    }

    /// False if nobody stands at `key`.
    mutating func remove(_ key: LineKey) -> Bool {
        if children.isEmpty {
            let index = firstIndex(atOrAfter: key)
            guard index < members.count, members[index].key == key else { return false }
            members.remove(at: index)
            if let first = members.first { least = first.key }
        } else {
            let index = childIndex(for: key)
            guard children[index].remove(key) else { return false }
            tidy(index)
            if let first = children.first { least = first.least }
        }
        count -= 1
        return true
    }

    /// Drops the child if it is empty, and joins it with a neighbour if both together leave room to spare.
    private mutating func tidy(_ index: Int) {
        if children[index].count == 0 {
            children.remove(at: index)
            return
        }
        guard children.count > 1, children[index].load * 4 <= children[index].capacity else { return }
        let left = index > 0 ? index - 1 : index
        guard (children[left].load + children[left + 1].load) * 4 <= children[left].capacity * 3 else { return }
        let right = children.remove(at: left + 1)
        children[left].absorb(right)
    }

    private mutating func absorb(_ right: LineNode) {
        members.append(contentsOf: right.members)
        children.append(contentsOf: right.children)
        count += right.count
    }

    private var load: Int { children.isEmpty ? members.count : children.count }
    private var capacity: Int { children.isEmpty ? Self.leafCapacity : Self.fanout }

    func countBefore(_ key: LineKey) -> Int {
        if children.isEmpty { return firstIndex(atOrAfter: key) }
        let index = childIndex(for: key)
        var before = children[index].countBefore(key)
        for child in 0..<index { before += children[child].count }
        return before
    }

    /// From the first that does not stand before `key` on, for as long as `body` says true.
    /// - Returns: whether it always did.
    func scan(from key: LineKey, _ body: (Line.Member) -> Bool) -> Bool {
        if children.isEmpty { return members[firstIndex(atOrAfter: key)...].allSatisfy(body) }
        return children[childIndex(for: key)...].allSatisfy { $0.scan(from: key, body) }
    }

    func forEach(_ body: (Line.Member) -> Void) {
        for member in members { body(member) }
        for child in children { child.forEach(body) }
    }

    func walk(while body: (Line.Member) -> Bool) -> Bool {
        members.allSatisfy(body) && children.allSatisfy { $0.walk(while: body) }
    }

    /// The child in which `key` is or belongs: the last that does not begin behind it.
    private func childIndex(for key: LineKey) -> Int {
        // Most join behind all others.
        if children[children.count - 1].least <= key { return children.count - 1 }
        var low = 0
        var high = children.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if key < children[middle].least { high = middle } else { low = middle }
        }
        return low
    }

    private func firstIndex(atOrAfter key: LineKey) -> Int {
        // Most join behind all others.
        guard let last = members.last, key <= last.key else { return members.count }
        var low = 0
        var high = members.count - 1
        while low < high {
            let middle = (low + high) / 2
            if members[middle].key < key { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
