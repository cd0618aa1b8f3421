import Testing

@testable import DragonflyStore

struct LaneBitsTests {
    /// As `SETBIT` writes them.
    private func bytes(_ offsets: some Sequence<Int>) -> [UInt8] {
        var bytes: [UInt8] = []
        for offset in offsets {
            while bytes.count <= offset / 8 { bytes.append(0) }
            bytes[offset / 8] |= 1 << UInt8(7 - offset % 8)
        }
        return bytes
    }

    @Test("The rank of a join is how many wait through it", arguments: 0..<5 as Range<UInt64>)
    func ranks(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let offsets = (0..<RoomKeys.blockSize).filter { _ in UInt64.random(in: 0...seed, using: &random) == 0 }
        let bits = LaneBits(bytes(offsets))
        #expect(bits.count == offsets.count)
        #expect(offsets.map { bits.rank(of: $0) } == (1..<offsets.count + 1).map { $0 })
        let waiting = Set(offsets)
        #expect((0..<RoomKeys.blockSize).allSatisfy { (bits.rank(of: $0) != nil) == waiting.contains($0) })
    }

    @Test(
        "Bits that the store left out at the end are zero, and a lane may be longer than a word",
        arguments: [
            [], [0], [7], [8], [63], [64], [0, 63, 64, 100], [32_767],
        ])
    func short(offsets: [Int]) {
        let bits = LaneBits(bytes(offsets))
        #expect(bits.count == offsets.count)
        for (rank, offset) in offsets.enumerated() { #expect(bits.rank(of: offset) == rank + 1) }
        #expect(bits.rank(of: 1) == nil)
        #expect(bits.rank(of: 32_766) == nil)
        #expect(bits.rank(of: 40_000) == nil)
    }
}
