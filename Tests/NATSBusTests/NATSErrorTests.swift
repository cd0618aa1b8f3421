import CNATS
import Testing

@testable import NATSBus

@Suite struct NATSErrorTests {
    @Test("What is worth another try is told from what is not")
    func codes() {
        #expect(NATSError(NATS_TIMEOUT, "x").code == .away)
        // What a publication gets while the library reconnects.
        #expect(NATSError(NATS_INSUFFICIENT_BUFFER, "x").code == .away)
        #expect(NATSError(NATS_NOT_PERMITTED, "x").code == .refused)
        #expect(NATSError(NATS_ERR, "x", code: JSStreamWrongLastSequenceErr).code == .conflict)
        #expect(NATSError(NATS_ERR, "x", code: JSStreamWrongLastMsgIDErr).code == .conflict)
    }
}
