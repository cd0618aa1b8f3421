import Testing
import WaitingRoom

@testable import Simulation

struct VisitorTests {
    @Test("A position tells the number of its visitor, and no two are alike")
    func numbers() {
        var seen: Set<PositionID> = []
        for number in [0, 1, 2, 1_000, 20_000_000, UInt32.max] + (5_000..<9_000) {
            let position = Visitor(number, seed: 77).position
            #expect(Visitor(of: position, seed: 77).number == number)
            #expect(!position.isReturn)
            #expect(seen.insert(position).inserted)
        }
    }

    @Test("So many give up, and stay for so long, as their behaviour says")
    func shares() {
        var behaviour = VisitorBehaviour(session: .exponential(mean: .seconds(100)))
        behaviour.completing = 0.8
        behaviour.leaving = 0.1
        behaviour.silent = 0.3
        let visitors = (0..<20_000).map { Visitor($0, seed: 5) }
        let farewells = visitors.compactMap { $0.farewell(behaviour) }
        #expect(abs(farewells.count { $0.0 == .leaves } - 2_000) < 200)
        #expect(abs(farewells.count { $0.0 == .fallsSilent } - 6_000) < 300)
        let patience = farewells.reduce(0) { $0 + $1.after.seconds } / Double(farewells.count)
        #expect(abs(patience - 600) < 30)
        let stays = visitors.map { $0.stay(behaviour) }
        #expect(abs(stays.count { $0.completes } - 16_000) < 300)
        #expect(abs(stays.reduce(0) { $0 + $1.length.seconds } / 20_000 - 100) < 4)
    }
}
