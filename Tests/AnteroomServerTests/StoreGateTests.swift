import HostSystem
import QueueStore
import Testing
import WaitingRoom

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
        let (own, other) = try ControlChannel.pair()
        let successor = ControlChannel(owning: other)
        gate.moveAway(to: own)
        await #expect(throws: StoreError.self) { try await waiting.value }
        await #expect(throws: StoreError.self) { try await gate.enter() }
        var generator = SystemRandomNumberGenerator()
        let position = PositionID(using: &generator)
        let room = try #require(RoomID("shop"))
        let notes: [DrainNote] = [
            .used(SessionID(of: position), position, pageViews: 3, room),
            .ended(SessionID(of: position), .completed, room),
        ]
        for note in notes {
            gate.tell(note)
            #expect(await successor.line().flatMap { DrainNote($0) } == note)
        }
        own.close()
        #expect(await successor.line() == nil)
    }

    @Test(
        "Anything else is no note",
        arguments: ["", "ready", "used x", "used 1 2 3 shop", "ended a b c d", "other 1 2 3"])
    func noise(line: String) {
        #expect(DrainNote(line) == nil)
    }
}
