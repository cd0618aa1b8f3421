import HistoryChecker
import Testing
import WaitingRoom

@testable import Simulation

struct SimulationTests {
    @Test("Everybody who comes ends in exactly one state", arguments: [1, 2, 3] as [UInt64])
    func conservation(seed: UInt64) throws {
        let result = try Crowd.mixed(seed: seed).run()
        #expect(result.visitors == 6_000)
        #expect(result.ends == 6_000)
        #expect(result.admitted == result.completed + result.timedOut + result.missedTurn)
        for count in [
            result.completed, result.timedOut, result.missedTurn, result.left, result.silent, result.foundFull,
        ] {
            #expect(count > 0)
        }
        #expect(result.stillWaiting + result.stillInside == 0)
        #expect(result.peakSlots == 300)
        #expect(result.peakWaiting == 2_000)
    }

    @Test("The invariants hold in what the room records, and the record says what the result says")
    func history() throws {
        var checker = HistoryChecker()
        var admitted = 0
        var left = 0
        let result = try Crowd.mixed(seed: 4).run { event in
            checker.observe(event)
            switch event.change {
            case .positionAdmitted: admitted += 1
            case .positionLeft: left += 1
            default: break
            }
        }
        #expect(checker.violations.isEmpty, "\(checker.violations.prefix(3))")
        #expect(admitted == result.admitted)
        #expect(left == result.left)
    }

    @Test("At a constant rate a burst waits in proportion to its place: 10 a second, the last of 1,200 two minutes")
    func constantRate() throws {
        let result = try Crowd.simulation(Crowd.burst(1_200)).run()
        // The bucket is full at the beginning, so ten are let in at once, and then ten with each step.
        #expect(result.admittedAtOnce == 10)
        #expect(result.waits.longest == .seconds(119))
        #expect(result.waits.mean == Milliseconds(59_500))
        #expect(result.waits.quantile(0.5) == .seconds(59))
        #expect(result.peakWaiting == 1_190)
        #expect(result.lineFormedAt == Milliseconds(0))
        #expect(result.lineEmptyAt == .seconds(119))
        #expect(result.throughput.map { abs($0 - 600) < 6 } == true)
        #expect(result.stepsHeldBySlots == 0)
    }

    @Test("With few slots the length of a stay sets the pace: 30 slots for 60 s and the claim's second")
    func fewSlots() throws {
        let result = try Crowd.simulation(Crowd.burst(300)) { $0.maxActiveUsers = 30 }.run()
        // Ten rounds of 30, which the rate lets in within three steps; each slot is taken for 61 s.
        #expect(result.peakSlots == 30)
        #expect((9 * 61...9 * 61 + 12).contains(Int(result.waits.longest.seconds)))
        #expect(result.stepsHeldBySlots > result.stepsHeldByRate * 5)
        #expect(result.completed == 300)
    }

    @Test("Who comes before the pre-queue finds the room closed; who comes in it waits for the opening")
    func opening() throws {
        let opening = Opening(at: Timestamp(milliseconds: 1_000_000_000), preQueue: .minutes(2))
        var simulation = try Crowd.simulation(CurveShape.steady.curve(visitors: 500, over: .minutes(5))) {
            $0.opening = opening
        }
        let fromPreQueue = simulation.run()
        #expect(fromPreQueue.foundClosed == 0)
        #expect(fromPreQueue.admittedAtOnce < 350)
        #expect(fromPreQueue.waits.longest > .seconds(100))
        simulation.start = Timestamp(milliseconds: opening.preQueueAt.milliseconds - 60_000)
        let early = simulation.run()
        #expect((70...130).contains(early.foundClosed))
        #expect(early.ends == 500)
    }

    @Test("A line that does not move is cut off, and those who stand in it are told of")
    func paused() throws {
        var simulation = try Crowd.simulation(Crowd.burst(20)) { $0.status = .paused }
        simulation.patience = .minutes(10)
        let result = simulation.run()
        #expect(result.stillWaiting == 20)
        #expect(result.lineEmptyAt == nil)
        #expect(result.ends == 20)
    }

    @Test("Equal seeds give equal results, others do not")
    func seeds() throws {
        let one = try Crowd.mixed(seed: 5).run()
        #expect(try Crowd.mixed(seed: 5).run() == one)
        #expect(try Crowd.mixed(seed: 6).run() != one)
    }

    @Test("Sessions that are used for longer than the time-out live on, those without renewal end")
    func longSessions() throws {
        var simulation = try Crowd.simulation(Crowd.burst(5)) { $0.sessionTimeout = .seconds(30) }
        simulation.behaviour.session = .fixed(.minutes(5))
        #expect(simulation.run().completed == 5)
        simulation.schedule.base.sessionRenewal = false
        #expect(simulation.run().timedOut == 5)
    }
}
