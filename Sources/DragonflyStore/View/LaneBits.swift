/// Who waits of one lane in one block: a bit for each of the block's joins, counted up so that a rank is O(1).
struct LaneBits: Hashable, Sendable {
    /// 64 joins each, the first in the highest bit.
    private let words: [UInt64]
    /// How many bits are set before each word.
    private let sums: [UInt16]
    let count: Int

    /// - Parameter bytes: as the store has them, the first join in the highest bit of the first byte; what is missing at
    ///   the end is zero, what is beyond the block is passed over.
    init(_ bytes: [UInt8]) {
        var words: [UInt64] = []
        var sums: [UInt16] = []
        var count = 0
        let bytes = bytes.prefix(RoomKeys.blockSize / 8)
        words.reserveCapacity((bytes.count + 7) / 8)
        sums.reserveCapacity((bytes.count + 7) / 8)
        for start in stride(from: 0, to: bytes.count, by: 8) {
            var word: UInt64 = 0
            for index in start..<start + 8 { word = word << 8 | UInt64(index < bytes.count ? bytes[index] : 0) }
            words.append(word)
            sums.append(UInt16(count))
            count += word.nonzeroBitCount
        }
        self.words = words
        self.sums = sums
        self.count = count
    }

    /// How many wait through `offset`, that join included; nil if it does not wait.
    func rank(of offset: Int) -> Int? {
        guard words.indices.contains(offset / 64) else { return nil }
        let through = words[offset / 64] >> UInt64(63 - offset % 64)
        return through & 1 == 1 ? Int(sums[offset / 64]) + through.nonzeroBitCount : nil
    }
}
