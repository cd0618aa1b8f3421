import Testing

@testable import EdgeProxy

@Suite struct RequestIDTests {
    @Test func areSixteenHexadecimalDigitsAndNeverTheSame() {
        var sequence = RequestIDSequence(seed: 42)
        var seen: Set<[UInt8]> = []
        // An id that a trusted proxy set may have any length before.
        var id: [UInt8] = Array("from-a-proxy-with-a-long-name".utf8)
        for _ in 0..<10_000 {
            sequence.next(into: &id)
            #expect(id.count == 16)
            #expect(id.allSatisfy { "0123456789abcdef".utf8.contains($0) })
            #expect(seen.insert(id).inserted)
        }
    }

    @Test func followTheGeneratorOfThePaper() {
        // SplitMix64 with seed 1234567: the values that the reference implementation prints.
        var sequence = RequestIDSequence(seed: 1_234_567)
        var id: [UInt8] = []
        let expected: [UInt64] = [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]
        for value in expected {
            sequence.next(into: &id)
            #expect(UInt64(String(decoding: id, as: UTF8.self), radix: 16) == value)
        }
    }
}
