import RoomConfiguration
import Testing

@testable import EdgeProxy

@Suite struct ConnectionLedgerTests {
    private func address(_ text: String) throws -> IPAddress { try #require(IPAddress(text)) }

    @Test("A listener takes as many connections as it may, and others are not concerned")
    func listener() throws {
        let ledger = ConnectionLedger()
        for _ in 0..<3 { try ledger.enter(listener: 0, limit: 3) }
        #expect(throws: ConnectionLedger.Refusal.connections) { try ledger.enter(listener: 0, limit: 3) }
        try ledger.enter(listener: 1, limit: 3)
        ledger.leave(listener: 0)
        try ledger.enter(listener: 0, limit: 3)
        try ledger.enter(listener: 0, limit: 0)
        #expect(ledger.open(at: 0) == 4)
    }

    @Test("An IPv4 address counts by itself, an IPv6 address with its /64")
    func addresses() throws {
        let ledger = ConnectionLedger()
        try ledger.enter(address("192.0.2.1"), limit: 1)
        try ledger.enter(address("192.0.2.2"), limit: 1)
        #expect(throws: ConnectionLedger.Refusal.address) { try ledger.enter(address("::ffff:192.0.2.1"), limit: 1) }
        try ledger.enter(address("2001:db8:0:1::1"), limit: 1)
        try ledger.enter(address("2001:db8:0:2::1"), limit: 1)
        #expect(throws: ConnectionLedger.Refusal.address) { try ledger.enter(address("2001:db8:0:1:ff::2"), limit: 1) }
        try ledger.enter(address("2001:db8:0:1::3"), limit: 0)
    }

    @Test("An address without connections is forgotten")
    func table() throws {
        let ledger = ConnectionLedger()
        for _ in 0..<2 {
            for low in 0..<UInt32(1000) { try ledger.enter(IPAddress(v4: low), limit: 10) }
        }
        #expect(ledger.addresses == 1000)
        for low in 0..<UInt32(1000) { ledger.leave(IPAddress(v4: low)) }
        #expect(ledger.addresses == 1000)
        for low in 0..<UInt32(1000) { ledger.leave(IPAddress(v4: low)) }
        #expect(ledger.addresses == 0)
        ledger.leave(IPAddress(v4: 1))
        #expect(ledger.addresses == 0)
    }

    @Test("Nobody is taken beyond the descriptors, and accepting goes on only when some are free again")
    func descriptors() throws {
        let ledger = ConnectionLedger(budget: 64, loops: 2)
        #expect(ledger.burst == 2)
        for _ in 0..<59 { try ledger.enter(listener: 0, limit: 0) }
        #expect(ledger.shortage == nil)
        // What a burst of each loop may still bring has room.
        for _ in 0..<5 { try ledger.enter(listener: 0, limit: 0) }
        #expect(ledger.shortage == .descriptors(open: 64, limit: 64))
        #expect(throws: ConnectionLedger.Refusal.descriptors) { try ledger.enter(listener: 0, limit: 0) }
        for _ in 0..<8 { ledger.leave(listener: 0) }
        #expect(ledger.shortage != nil)
        ledger.leave(listener: 0)
        #expect(ledger.shortage == nil)
    }

    @Test("Scarce memory is a shortage until there is enough")
    func memory() {
        let ledger = ConnectionLedger()
        ledger.setMemory(.memory(resident: 2, limit: 1))
        #expect(ledger.shortage == .memory(resident: 2, limit: 1))
        ledger.setMemory(nil)
        #expect(ledger.shortage == nil)
    }
}
