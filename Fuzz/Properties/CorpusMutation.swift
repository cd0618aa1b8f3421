/// Changes of a few bytes, drawn from a fixed seed.
package struct CorpusMutation {
    private var generator: SplitMix

    package init(seed: UInt64) { generator = SplitMix(state: seed) }

    private mutating func draw(below bound: Int) -> Int { Int(generator.next() % UInt64(bound)) }

    private static let bytes = Array("\r\n\t :;,=%/\\.0123a_\u{0}\u{7f}".utf8) + [0xe9]

    package mutating func next(of seeds: [[UInt8]]) -> [UInt8] {
        var input = seeds[draw(below: seeds.count)]
        for _ in 0...draw(below: 3) {
            let offset = draw(below: input.count + 1)
            let byte = Self.bytes[draw(below: Self.bytes.count)]
            switch draw(below: 4) {
            case 0: input.insert(byte, at: offset)
            case 1: if offset < input.count { input[offset] = byte }
            case 2: input.removeSubrange(offset..<min(offset + 1 + draw(below: 4), input.count))
            default:
                let other = seeds[draw(below: seeds.count)]
                input = Array(input[..<offset]) + other.dropFirst(draw(below: other.count + 1))
            }
        }
        return input
    }
}
