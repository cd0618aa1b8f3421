import Testing

@testable import WaitingRoom

struct ShardedTableTests {
    /// Keys of which many fall into the same part of the table, and there into the same slot.
    private static func key(_ number: UInt64) -> PositionID {
        PositionID(bits: UUIDBits(high: number / 7, low: number / 7 ^ number % 7 * 1399))
    }

    @Test("A table holds what a dictionary holds, whatever is put in and taken out", arguments: [1, 2, 3] as [UInt64])
    func agreesWithDictionary(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var table = ShardedTable<PositionID, Int>()
        var dictionary: [PositionID: Int] = [:]
        var copies: [(ShardedTable<PositionID, Int>, [PositionID: Int])] = []
        for round in 0..<30_000 {
            let key = Self.key(UInt64.random(in: 0..<600, using: &random))
            switch Int.random(in: 0..<9, using: &random) {
            case 0...2:
                table[key] = round
                dictionary[key] = round
            case 3...5:
                table[key] = nil
                dictionary[key] = nil
            case 6:
                let isEven = dictionary[key].map { $0.isMultiple(of: 2) } ?? false
                #expect(table.remove(key, if: { $0.isMultiple(of: 2) }) == (isEven ? dictionary[key] : nil))
                if isEven { dictionary[key] = nil }
            case 7:
                #expect(
                    table.update(key) { value in
                        value += 1; return value
                    } == dictionary[key].map { $0 + 1 })
                dictionary[key]? += 1
            default:
                #expect(table[key] == dictionary[key])
                #expect(table.contains(key) == (dictionary[key] != nil))
                #expect(table.read(key, { $0 + 0 }) == dictionary[key])
            }
            if round.isMultiple(of: 10_000) { copies.append((table, dictionary)) }
        }
        copies.append((table, dictionary))
        for (table, dictionary) in copies {
            var held: [PositionID: Int] = [:]
            table.forEach { held[$0] = $1 }
            #expect(held == dictionary)
        }
    }

    @Test("A key of zeros is a key")
    func zeros() {
        let zero = PositionID(bits: UUIDBits(high: 0, low: 0))
        var table = ShardedTable<PositionID, Int>()
        #expect(table[zero] == nil)
        table[zero] = 5
        #expect(table[zero] == 5)
        table.updateEach { _, value in value += 1 }
        #expect(table[zero] == 6)
        table[zero] = nil
        #expect(!table.contains(zero))
    }
}
