import QueueStore
import Testing

@testable import AnteroomServer

@Suite struct StoreGateTests {
    @Test("Holding waits for the steps that have begun, and keeps later ones waiting until it is open")
    func hold() async throws {
        let gate = StoreGate()
        try await gate.enter()
        let held = Task { await gate.hold() }
        // Once it is held, a newcomer waits; whether it came before or after, it passes in the end.
        let newcomer = Task {
            try await gate.enter()
            gate.leave()
        }
        gate.leave()
        await held.value
        let late = Task {
            try await gate.enter()
            gate.leave()
        }
        gate.open()
        try await newcomer.value
        try await late.value
    }

    @Test("Who waits when the store has moved is told where to ask")
    func elsewhere() async throws {
        let gate = StoreGate()
        await gate.hold()
        let waiting = Task { try await gate.enter() }
        gate.moveAway()
        await #expect(throws: StoreError.self) { try await waiting.value }
        await #expect(throws: StoreError.self) { try await gate.enter() }
    }
}
