import Testing

@testable import WaitingRoom

struct LineTests {
    private static func member(_ priority: Int, _ window: Int64, _ key: UInt64, _ sequence: UInt64) -> Line.Member {
        Line.Member(
            key: LineKey(
                priority: priority, window: Timestamp(milliseconds: window), shuffleKey: key, sequence: sequence),
            id: PositionID(bits: UUIDBits(high: 0, low: sequence)))
    }

    @Test("Higher priority stands first, then the earlier window, then the lower key, then who joined first")
    func order() {
        let ordered = [
            Self.member(2, 30, 9, 9), Self.member(1, 10, 5, 8), Self.member(0, 10, 3, 7), Self.member(0, 10, 4, 2),
            Self.member(0, 20, 0, 4), Self.member(0, 20, 0, 5), Self.member(-1, 0, 0, 1),
        ]
        for (index, member) in ordered.enumerated() {
            for other in ordered[(index + 1)...] {
                #expect(member.key < other.key)
                #expect(!(other.key < member.key))
            }
        }
    }

    @Test("A key tells priority and sequence apart to their ends, and takes priorities beyond for the nearest")
    func packed() {
        let last: UInt64 = 1 << 48 - 1
        for (priority, told) in [
            (0, 0), (1_000, 1_000), (-1, -1), (32_767, 32_767), (-32_768, -32_768), (.max, 32_767), (.min, -32_768),
        ] {
            for sequence in [0, 1, last] {
                var key = Self.member(priority, 5, 7, sequence).key
                #expect(key.priority == told && key.sequence == sequence)
                key.priority = 3
                #expect(key.priority == 3 && key.sequence == sequence && key.window.milliseconds == 5)
            }
        }
        #expect(MemoryLayout<Line.Member>.stride == 40 && MemoryLayout<Entry>.stride == 56)
    }

    @Test("An entry keeps whose limit it counts against, whatever the digest is, and that it counts against nobody's")
    func address() {
        for digest in [AddressDigest(0), AddressDigest(0x1234_5678_9a), AddressDigest(.max), nil] {
            #expect(Entry.Address(digest).digest == digest)
        }
        #expect(AddressDigest("ffffffffff") == AddressDigest(.max))
    }

    @Test("A line does what a sorted array does, however it is joined and left", arguments: 0..<6)
    func likeASortedArray(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var line = Line()
        var array: [Line.Member] = []
        var sequence: UInt64 = 0
        // Growing, shrinking, and growing again passes every split and every merge.
        for (steps, joinShare) in [(3_000, 85), (3_500, 15), (2_000, 70), (2_500, 5)] {
            for _ in 0..<steps {
                if Int.random(in: 0..<100, using: &random) < joinShare {
                    sequence += 1
                    // Mostly at the end, as in a real line; else anywhere.
                    let anywhere = Int.random(in: 0..<10, using: &random) < Int(seed)
                    let window = anywhere ? Int64.random(in: 0...Int64(sequence), using: &random) : Int64(sequence)
                    let member = Self.member(Int.random(in: 0...1, using: &random), window, 0, sequence)
                    line.insert(member)
                    array.insert(member, at: array.firstIndex { member.key < $0.key } ?? array.count)
                } else if let member = seed % 2 == 0 ? array.first : array.randomElement(using: &random) {
                    #expect(line.remove(member.key) == true)
                    #expect(line.remove(member.key) == false)
                    array.removeAll { $0 == member }
                }
                #expect(line.count == array.count)
                if let index = array.indices.randomElement(using: &random) {
                    #expect(line.countBefore(array[index].key) == index)
                    // Over the border of a leaf, and up to the end.
                    let rest = array[index...].prefix(Int.random(in: 1...200, using: &random))
                    #expect(Self.members(of: line, from: array[index].key, limit: rest.count) == Array(rest))
                    let absent = Self.member(0, array[index].key.window.milliseconds, 1, 0).key
                    let behind = array.filter { absent < $0.key }.prefix(3)
                    #expect(Self.members(of: line, from: absent, limit: 3) == Array(behind))
                }
            }
            var members: [Line.Member] = []
            line.forEach { members.append($0) }
            #expect(members == array)
        }
    }

    private static func members(of line: Line, from key: LineKey, limit: Int) -> [Line.Member] {
        var found: [Line.Member] = []
        line.scan(from: key) { member in
            guard found.count < limit else { return false }
            found.append(member)
            return true
        }
        return found
    }

    @Test("A copy keeps what it was when the line changes")
    func copies() {
        var line = Line()
        for sequence in 1...1_000 { line.insert(Self.member(0, Int64(sequence), 0, UInt64(sequence))) }
        let copy = line
        for sequence in 1...500 { line.remove(Self.member(0, Int64(sequence), 0, UInt64(sequence)).key) }
        #expect(line.count == 500)
        #expect(copy.count == 1_000)
        #expect(copy.countBefore(.front(of: -1)) == 1_000)
    }
}
