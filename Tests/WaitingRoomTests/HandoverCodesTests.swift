import Testing

@testable import WaitingRoom

@Suite("Codes by which places move")
struct HandoverCodesTests {
    private static let start = Timestamp(milliseconds: 1_795_000_000_000)

    private static func position(_ number: UInt64) -> PositionID { PositionID(bits: UUIDBits(high: 9, low: number)) }

    private static func code(_ number: UInt64) -> HandoverDigest {
        HandoverDigest(bits: UUIDBits(high: 3, low: number))
    }

    @Test("A few who ask for code after code leave room for everybody else")
    func replaced() {
        var codes = HandoverCodes()
        for number in 0..<20_000 as Range<UInt64> {
            #expect(codes.add(Self.code(number), of: Self.position(number % 50), at: Self.start) != nil)
        }
        #expect(codes.add(Self.code(30_000), of: Self.position(99), at: Self.start) != nil)
        #expect(codes.offer(Self.code(19_999), at: Self.start)?.position == Self.position(49))
        #expect(codes.offer(Self.code(19_900), at: Self.start) == nil)
    }

    @Test("There are no more codes than places that may have one")
    func bounded() {
        var codes = HandoverCodes()
        for number in 0..<UInt64(HandoverTerms.mostCodes) {
            #expect(codes.add(Self.code(number), of: Self.position(number), at: Self.start) != nil)
        }
        #expect(codes.add(Self.code(9_000), of: Self.position(9_000), at: Self.start) == nil)
        let later = Self.start + HandoverTerms.life
        #expect(codes.add(Self.code(9_000), of: Self.position(9_000), at: later) != nil)
    }
}
