import FoundationEssentials
import HTTPWireProperties
import Testing

/// The short form of `make fuzz`: its seed corpus and mutations of it, the same in every run.
@Suite struct AgreementTests {
    @Test("What ours accepts, llhttp and the plain readings read the same way", arguments: WireProperty.allCases)
    func corpus(property: WireProperty) throws {
        let seeds = try seeds(of: property)
        #expect(seeds.count >= 5)
        for seed in seeds { try property.check(seed) }
        var mutation = Mutation(seed: 1)
        for _ in 0..<1500 { try property.check(mutation.next(of: seeds)) }
    }

    private func seeds(of property: WireProperty) throws -> [[UInt8]] {
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../Fuzz/corpus/\(property.rawValue)").standardizedFileURL.path
        return try FileManager.default.contentsOfDirectory(atPath: folder).sorted().map { name in
            try Array(Data(contentsOf: URL(filePath: "\(folder)/\(name)")))
        }
    }
}

/// Changes of a few bytes, drawn from a fixed seed.
private struct Mutation {
    private var generator: SplitMix

    init(seed: UInt64) { generator = SplitMix(state: seed) }

    private mutating func draw(below bound: Int) -> Int { Int(generator.next() % UInt64(bound)) }

    private static let bytes = Array("\r\n\t :;,=%/\\.0123a_\u{0}\u{7f}".utf8) + [0xe9]

    mutating func next(of seeds: [[UInt8]]) -> [UInt8] {
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
