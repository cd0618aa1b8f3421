import Testing
import WaitingRoom

@testable import Simulation

/// Simulations to run.
enum Crowd {
    static func settings(_ change: (inout RoomSettings) -> Void = { _ in }) throws -> RoomSettings {
        var settings = RoomSettings(
            id: try #require(RoomID("hall")), maxActiveUsers: 1_000_000, maxQueueSize: 0,
            queueRate: Rate(count: 10, per: .seconds(1)))
        change(&settings)
        return settings
    }

    static func simulation(
        _ arrivals: ArrivalCurve, _ change: (inout RoomSettings) -> Void = { _ in }
    ) throws -> Simulation {
        Simulation(
            RoomSchedule(try settings(change)), arrivals: arrivals,
            behaviour: VisitorBehaviour(session: .fixed(.minutes(1))))
    }

    /// All at the same moment.
    static func burst(_ visitors: Int) -> ArrivalCurve {
        ArrivalCurve(
            [.init(start: Milliseconds(0), length: Milliseconds(0), visitors: Double(visitors))], placement: .even)
    }

    /// Visitors who do all that visitors can do, in a room that is too small in every respect.
    static func mixed(seed: UInt64) throws -> Simulation {
        var simulation = try simulation(CurveShape.sale.curve(visitors: 6_000, over: .minutes(20))) { settings in
            settings.maxActiveUsers = 300
            settings.maxQueueSize = 2_000
            settings.sessionTimeout = .minutes(2)
            settings.shuffleWindow = .seconds(20)
        }
        simulation.behaviour.session = .exponential(mean: .minutes(1))
        simulation.behaviour.completing = 0.7
        simulation.behaviour.leaving = 0.2
        simulation.behaviour.silent = 0.2
        simulation.behaviour.patience = .minutes(3)
        simulation.seed = seed
        return simulation
    }
}

extension SimulationResult {
    /// Over all states in which a visitor may end.
    var ends: Int {
        completed + timedOut + missedTurn + left + silent + foundFull + foundClosed + stillWaiting + stillInside
    }
}
