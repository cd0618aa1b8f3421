import Testing

@testable import SessionTokens

struct ECDSASignatureTests {
    @Test("Numbers are as short as DER wants them and come back as 32 bytes")
    func bothForms() {
        let zeros = [UInt8](repeating: 0, count: 31)
        let high = [UInt8](repeating: 0xff, count: 32)
        for (raw, count) in [(zeros + [1] + zeros + [0x7f], 8), (high + high, 72), (zeros + [0x80] + high, 2 + 4 + 35)]
        {
            var der: [UInt8] = []
            #expect(ECDSASignature.der(fromRaw: raw.span, into: &der))
            #expect(der.count == count)
            #expect(ECDSASignature.raw(fromDER: der) == raw)
        }
    }

    @Test("Anything but 64 bytes is no signature", arguments: [0, 1, 63, 65, 72, 128])
    func lengths(count: Int) {
        var der: [UInt8] = []
        #expect(!ECDSASignature.der(fromRaw: [UInt8](repeating: 1, count: count).span, into: &der))
    }

    @Test(
        "Broken DER is refused",
        arguments: [
            [], [0x30], [0x30, 0], [0x31, 6, 2, 1, 1, 2, 1, 1], [0x30, 7, 2, 1, 1, 2, 1, 1],
            [0x30, 6, 2, 1, 1, 2, 2, 1],
            [0x30, 6, 2, 0, 2, 2, 1, 1], [0x30, 7, 2, 1, 1, 2, 1, 1, 0], [0x30, 6, 3, 1, 1, 2, 1, 1],
        ] as [[UInt8]])
    func broken(der: [UInt8]) { #expect(ECDSASignature.raw(fromDER: der) == nil) }
}
