import EdgeProxyProperties
import HTTPWireProperties
import Testing

/// The short form of `make fuzz` for whole connections.
@Suite struct HTTP2ConnectionPropertyTests {
    @Test("What a visitor gets over HTTP/2 is what it may be sent, and nothing is left of a connection that has gone")
    func corpus() throws {
        let property = try HTTP2ConnectionProperty()
        let seeds = try Corpus.seeds(of: "http2")
        #expect(seeds.count >= 5)
        for seed in seeds { try property.check(seed) }
        var mutation = CorpusMutation(seed: 1)
        for _ in 0..<500 { try property.check(mutation.next(of: seeds)) }
    }
}
