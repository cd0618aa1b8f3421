import HTTPWireProperties
import Testing

/// The short form of `make fuzz`: its seed corpus and mutations of it, the same in every run.
@Suite struct AgreementTests {
    @Test("What ours accepts, llhttp and the plain readings read the same way", arguments: WireProperty.allCases)
    func corpus(property: WireProperty) throws {
        let seeds = try Corpus.seeds(of: property.rawValue)
        #expect(seeds.count >= 5)
        for seed in seeds { try property.check(seed) }
        var mutation = CorpusMutation(seed: 1)
        for _ in 0..<1500 { try property.check(mutation.next(of: seeds)) }
    }
}
