import RoomConfiguration
import Testing
import WaitingRoom

@testable import EdgeProxy

@Suite struct EndpointHealthTests {
    private enum Event {
        case answered, fails(EndpointHealth.Failure), triesAlone, tries, trialAnswers, trialFails, trialEnds
        case checkedDown, checkedUp
    }

    /// An endpoint with `max_failures` 2, `eject_time` 10 s and `max_eject_time` 40 s, after these events at these
    /// times, in milliseconds.
    private func health(_ events: [(Int64, Event)], _ settings: HealthConfiguration? = nil) -> EndpointHealth {
        var limits = HealthConfiguration()
        (limits.maxFailures, limits.ejectTime, limits.maxEjectTime) = (2, .seconds(10), .seconds(40))
        var health = EndpointHealth(settings ?? limits)
        for (milliseconds, event) in events {
            let now = milliseconds * 1000
            switch event {
            case .answered: health.answered(at: now)
            case .fails(let failure): _ = health.failed(failure, at: now)
            case .triesAlone: health.beginTrial(isLastResort: true, at: now)
            case .tries: health.beginTrial(isLastResort: false, at: now)
            case .trialAnswers: _ = health.trialAnswered(at: now)
            case .trialFails: health.trialFailed(at: now)
            case .trialEnds: health.trialAbandoned(at: now)
            case .checkedDown: health.checked(isUp: false, at: now)
            case .checkedUp: health.checked(isUp: true, at: now)
            }
        }
        return health
    }

    private static let down: [(Int64, Event)] = [(0, .fails(.connection)), (0, .fails(.connection))]
    private static let ejected = EndpointHealth.State.ejected(until: 10_000_000, lastResort: 100_000)

    private static let transitions: [(name: String, events: [(Int64, Event)], state: EndpointHealth.State)] = [
        ("nothing happened", [], .healthy),
        ("one failure", [(0, .fails(.connection))], .healthy),
        ("two in a row", down, ejected),
        ("an answer between two", [(0, .fails(.connection)), (0, .answered), (0, .fails(.connection))], .healthy),
        ("bad answers in a row", [(0, .fails(.answer)), (0, .fails(.answer))], ejected),
        (
            "bad answers within a second of a good one",
            [(0, .answered), (900, .fails(.answer)), (900, .fails(.answer)), (900, .fails(.answer))], .healthy
        ),
        (
            "bad answers later than that", [(0, .answered), (900, .fails(.answer)), (1000, .fails(.answer))],
            .ejected(until: 11_000_000, lastResort: 1_100_000)
        ),
        (
            "no connection right after a good answer",
            [(0, .answered), (0, .fails(.connection)), (0, .fails(.connection))], ejected
        ),
        ("a request of before fails", down + [(5000, .fails(.connection)), (5000, .fails(.connection))], ejected),
        ("a request of before is answered", down + [(5000, .answered)], ejected),
        ("a trial", down + [(10_000, .tries)], .trial(isLastResort: false, patience: 15_000_000)),
        ("a trial is answered", down + [(10_000, .tries), (10_001, .trialAnswers)], .healthy),
        (
            "a trial fails", down + [(10_000, .tries), (10_000, .trialFails)],
            .ejected(until: 30_000_000, lastResort: 10_100_000)
        ),
        (
            "a third trial fails: no longer than max_eject_time",
            down + [
                (10_000, .tries), (10_000, .trialFails), (30_000, .tries), (30_000, .trialFails), (70_000, .tries),
                (70_000, .trialFails),
            ], .ejected(until: 110_000_000, lastResort: 70_100_000)
        ),
        (
            "trials as the last resort fail: no doubling",
            down + [(1000, .triesAlone), (1000, .trialFails), (2000, .triesAlone), (2000, .trialFails)],
            .ejected(until: 12_000_000, lastResort: 2_100_000)
        ),
        (
            "of two trials the first fails, the second is answered",
            down + [
                (10_000, .tries), (15_000, .tries), (15_001, .trialFails), (15_002, .trialAnswers),
            ], .healthy
        ),
        (
            "the visitor of a trial leaves", down + [(10_000, .tries), (10_500, .trialEnds)],
            .ejected(until: 10_500_000, lastResort: 10_500_000)
        ),
        ("another visitor leaves", down + [(500, .trialEnds)], ejected),
        (
            "ejected again soon after its return",
            down + [
                (10_000, .tries), (10_000, .trialAnswers), (19_000, .fails(.connection)), (19_000, .fails(.connection)),
            ], .ejected(until: 39_000_000, lastResort: 19_100_000)
        ),
        (
            "ejected again much later",
            down + [
                (10_000, .tries), (10_000, .trialAnswers), (21_000, .fails(.connection)), (21_000, .fails(.connection)),
            ], .ejected(until: 31_000_000, lastResort: 21_100_000)
        ),
        ("found down by the checks", [(0, .checkedDown)], .healthy),
        ("found up again: requests' verdict is void", down + [(100, .checkedDown), (200, .checkedUp)], .healthy),
        ("never found down: requests' verdict stays", down + [(200, .checkedUp)], ejected),
        (
            "found up again while a trial runs that fails",
            down + [(10_000, .tries), (10_000, .checkedDown), (10_001, .checkedUp), (10_002, .trialFails)], .healthy
        ),
    ]

    @Test("Every transition", arguments: transitions.indices)
    func transition(index: Int) {
        let (name, events, state) = Self.transitions[index]
        let health = health(events)
        #expect(health.state == state, "\(name)")
        #expect(health.isIn == (health.state == .healthy && !health.isCheckedDown), "\(name)")
    }

    @Test("An ejected endpoint is tried when its time is over, or very soon where nobody else is in")
    func trials() {
        let health = health(Self.down)
        #expect(!health.mayTry(at: 99_999, isLastResort: true))
        #expect(health.mayTry(at: 100_000, isLastResort: true))
        #expect(!health.mayTry(at: 9_999_999, isLastResort: false))
        #expect(health.mayTry(at: 10_000_000, isLastResort: false))
    }

    @Test("There is one trial at a time for five seconds, and none of an endpoint that is healthy or was found down")
    func onlyOneTrial() {
        let later: Int64 = 1_000_000_000
        let tried = health(Self.down + [(10_000, .tries)])
        #expect(!tried.mayTry(at: 14_999_999, isLastResort: true) && tried.mayTry(at: 15_000_000, isLastResort: false))
        #expect(!health(Self.down + [(10_000, .checkedDown)]).mayTry(at: later, isLastResort: true))
        #expect(!health([]).mayTry(at: later, isLastResort: true))
    }

    @Test("With max_failures 0 no failure ejects; the checks still do")
    func neverEjected() {
        var settings = HealthConfiguration()
        settings.maxFailures = 0
        let failures = (0..<100).map { (Int64($0) * 10_000, Event.fails(.connection)) }
        #expect(health(failures, settings).isIn)
        #expect(!health(failures + [(1_000_000, .checkedDown)], settings).isIn)
    }

    @Test("Checks turn the verdict only in a row")
    func checks() {
        var check = HealthCheck()
        (check.unhealthyThreshold, check.healthyThreshold) = (3, 2)
        var health = CheckedHealth(check)
        let turns = [false, false, true, false, false, false, false, true, false, true, true].map {
            health.note(isGood: $0)
        }
        #expect(turns == [false, false, false, false, false, true, false, false, false, false, true])
        #expect(health.isUp)
    }
}
