import Testing

@testable import VisitorAPI

@Suite("A loop's random numbers")
struct LoopRandomTests {
    @Test("A nonce is 16 bytes in Base64, and never the same")
    func nonces() throws {
        let random = LoopRandom()
        var nonces: Set<String> = []
        for _ in 0..<1000 {
            let nonce = random.nonce()
            #expect(nonce.wholeMatch(of: /[A-Za-z0-9+\/]{21}[AQgw]==/) != nil, "\(nonce)")
            nonces.insert(nonce)
        }
        #expect(nonces.count == 1000)
    }

    @Test("No number is given twice, also where the reserve is filled anew")
    func numbers() {
        let random = LoopRandom()
        #expect(Set((0..<1000).map { _ in random.next() }).count == 1000)
    }
}
