import Testing

@testable import WaitingRoom

struct PassLedgerTests {
    private static func pass(_ number: UInt64, uses: Int = 1, until: Int64) -> Pass {
        Pass(
            id: PassID(bits: UUIDBits(high: 0, low: number)), priority: 1, uses: uses,
            expiresAt: Timestamp(milliseconds: until))
    }

    @Test("A pass counts as often as it has uses, until its time is over")
    func counts() {
        var ledger = PassLedger()
        let pass = Self.pass(1, uses: 2, until: 1_000_000)
        let now = Timestamp(milliseconds: 999_999)
        for _ in 1...2 {
            #expect(ledger.refusal(of: pass, at: now) == nil)
            ledger.use(pass)
        }
        #expect(ledger.refusal(of: pass, at: now) == .spent)
        #expect(ledger.refusal(of: pass, at: Timestamp(milliseconds: 1_000_000)) == .over)
        #expect(ledger.refusal(of: Self.pass(2, uses: 0, until: 1_000_000), at: now) == .spent)
    }

    @Test("Passes are forgotten when their time is over, some at a time, and none before")
    func forgets() {
        var ledger = PassLedger()
        for number in 1...100 as ClosedRange<UInt64> {
            ledger.use(Self.pass(number, until: number <= 40 ? 100_000 : 10_000_000))
        }
        ledger.forget(at: Timestamp(milliseconds: 99_999), limit: 1_000)
        #expect(ledger.count == 100)
        ledger.forget(at: Timestamp(milliseconds: 300_000), limit: 25)
        #expect(ledger.count == 75)
        ledger.forget(at: Timestamp(milliseconds: 300_000), limit: 25)
        #expect(ledger.count == 60)
        #expect((41...100).allSatisfy { ledger.used(PassID(bits: UUIDBits(high: 0, low: $0))) == 1 })
        ledger.forget(at: Timestamp(milliseconds: .max), limit: 1_000)
        #expect(ledger.count == 0)
    }

    @Test("A room remembers so many passes and no more")
    func crowded() {
        var ledger = PassLedger()
        for number in 1...UInt64(PassLedger.limit) { ledger.use(Self.pass(number, uses: 2, until: 1_000)) }
        let now = Timestamp(milliseconds: 0)
        #expect(ledger.refusal(of: Self.pass(0, until: 1_000), at: now) == .crowded)
        #expect(ledger.refusal(of: Self.pass(1, uses: 2, until: 1_000), at: now) == nil)
    }
}
