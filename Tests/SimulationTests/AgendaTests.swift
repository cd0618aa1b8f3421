import Testing
import WaitingRoom

@testable import Simulation

struct AgendaTests {
    @Test("What is noted comes out in the order of time, though more is noted meanwhile")
    func order() throws {
        var random = SplitMix(state: 11)
        var agenda = Agenda(from: Timestamp(milliseconds: 5_000))
        var noted: [(Int64, UInt32)] = []
        var taken: [(Int64, UInt32)] = []
        var number: UInt32 = 0
        for step in stride(from: Int64(5_000), through: 60_000, by: 250) {
            for _ in 0..<20 where step < 40_000 {
                let time = step + Int64.random(in: 0...9_000, using: &random)
                agenda.note(.leave, of: number, at: Timestamp(milliseconds: time))
                noted.append((time, number))
                number += 1
            }
            while let due = agenda.due(through: Timestamp(milliseconds: step)) {
                #expect(due.milliseconds <= step)
                taken.append((due.milliseconds, agenda.take().visitor))
                if number.isMultiple(of: 3), step < 40_000 {
                    // At once, in the bucket that is being taken from.
                    agenda.note(.claim, of: number, at: due)
                    noted.append((due.milliseconds, number))
                    number += 1
                }
            }
        }
        #expect(agenda.count == 0)
        #expect(taken.map(\.0) == taken.map(\.0).sorted())
        #expect(taken.map(\.1).sorted() == noted.map(\.1).sorted())
        #expect(
            Dictionary(uniqueKeysWithValues: noted.map { ($0.1, $0.0) })
                == Dictionary(
                    uniqueKeysWithValues: taken.map { ($0.1, $0.0) }))
    }
}
