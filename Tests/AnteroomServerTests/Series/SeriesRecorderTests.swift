import AdminAPI
import Prometheus
import QueueStore
import Testing
import VisitorAPI
import WaitingRoom

@testable import AnteroomServer
@testable import EdgeProxy

@Suite("The recorder of the rooms' last hours")
struct SeriesRecorderTests {
    private let room: RoomID
    private let monitor = RoomMonitor()
    private let recorder: SeriesRecorder
    private let start = Timestamp(milliseconds: 1_795_233_750_000)

    init() throws {
        room = try #require(RoomID("shop"))
        let start = start
        recorder = SeriesRecorder(monitor: monitor, origins: { [:] }, clock: { start })
    }

    private func facts(waiting: Int = 0, enqueued: Int = 0, admitted: Int = 0, abandoned: Int = 0) -> RoomFacts {
        RoomFacts(
            configured: RoomSettings(id: room, maxActiveUsers: 50, queueRate: Rate(count: 120, per: .minutes(1))),
            createdAt: start, updatedAt: start, waiting: waiting, admitted: 3, activeSessions: 40,
            enqueuedTotal: enqueued, admittedTotal: admitted, abandonedTotal: abandoned, expiredTotal: 0,
            heartbeatsTotal: 0, eventSequence: 1, time: start)
    }

    private func record(_ facts: RoomFacts, _ origin: OriginCounts = OriginCounts(), after seconds: Int64) {
        let time = start + .seconds(seconds)
        monitor.observe(facts, at: time)
        recorder.record(monitor.all, ["shop": origin], at: time)
    }

    private func column(_ column: RoomSeries.Column) async -> [Double?] {
        await recorder.series(of: room, minutes: 360)?.columns[column] ?? []
    }

    @Test("A room's lengths and limits are told as they are")
    func gauges() async {
        record(facts(waiting: 7), after: 0)
        #expect(await column(.waiting) == [7])
        #expect(await column(.activeSessions) == [40])
        #expect(await column(.slotsInUse) == [43])
        #expect(await column(.maxActiveUsers) == [50])
        #expect(await column(.queueRate) == [2])
        #expect(await column(.estimatedWaitSeconds).first.flatMap { $0 } ?? 0 > 0)
    }

    @Test("Totals are told as what they grew by since the sample before")
    func growth() async {
        record(facts(enqueued: 100, admitted: 60, abandoned: 5), after: 0)
        record(facts(enqueued: 130, admitted: 80, abandoned: 6), after: 10)
        #expect(await column(.enqueued) == [nil, 30])
        #expect(await column(.admitted) == [nil, 20])
        #expect(await column(.abandoned) == [nil, 1])
    }

    @Test("A store that went back leaves a gap, not a negative number")
    func emptiedStore() async {
        record(facts(enqueued: 100), after: 0)
        record(facts(enqueued: 10), after: 10)
        record(facts(enqueued: 15), after: 20)
        #expect(await column(.enqueued) == [nil, nil, 5])
    }

    @Test("The origin's latency and errors are those of the interval")
    func origin() async throws {
        var origin = OriginCounts(requests: 1000, errors: 10)
        for _ in 0..<1000 { origin.durations.observe(4) }
        record(facts(), origin, after: 0)
        origin.requests += 20
        origin.errors += 2
        for _ in 0..<20 { origin.durations.observe(0.03) }
        record(facts(), origin, after: 10)
        record(facts(), origin, after: 20)
        #expect(await column(.originRequests) == [nil, 20, 0])
        #expect(await column(.originErrors) == [nil, 2, 0])
        let high = await column(.originLatencySecondsP95)
        #expect(high[0] == nil && high[2] == nil, "nothing was asked")
        #expect((0.025...0.05).contains(try #require(high[1])))
    }

    @Test("An event loop that did not answer once costs a gap, and its past is not told as new")
    func silentLoop() async {
        record(facts(), OriginCounts(requests: 1000, errors: 0), after: 0)
        record(facts(), OriginCounts(requests: 400, errors: 0), after: 10)
        record(facts(), OriginCounts(requests: 1030, errors: 0), after: 20)
        #expect(await column(.originRequests) == [nil, nil, 30])
    }

    @Test("While the store does not answer the room is not known, but the origin is")
    func stale() async {
        record(facts(waiting: 7), OriginCounts(requests: 5, errors: 0), after: 0)
        recorder.record(
            monitor.all, ["shop": OriginCounts(requests: 9, errors: 0)], at: start + .seconds(30))
        #expect(await column(.waiting) == [7, nil, nil, nil])
        #expect(await column(.originRequests) == [nil, nil, nil, 4])
    }

    @Test("The last minutes are as many as were asked for; a room that is gone has none")
    func selection() async {
        for number in 0..<20 { record(facts(waiting: number), after: Int64(number) * 10) }
        let series = await recorder.series(of: room, minutes: 1)
        #expect(series?.columns[.waiting] == [14, 15, 16, 17, 18, 19])
        monitor.forget(allBut: [])
        recorder.record(monitor.all, [:], at: start + .seconds(200))
        #expect(await recorder.series(of: room, minutes: 1) == nil)
    }

    @Test(
        "Samples are taken at the turn of an interval",
        arguments: [(0, 10_000), (3_000, 7_000), (7_000, 13_000), (9_999, 10_001)])
    func pause(after: Int64, pause: Int64) {
        #expect(SeriesRecorder.pause(after: start + Milliseconds(after)) == Milliseconds(pause))
    }

    @Test("Requests at the origin are those that went there or should have; errors are answers of the 500s")
    func counts() {
        var counts = OriginCounts()
        counts.add(10, of: LoopCounters.Key(label: 1, outcome: .forwarded, code: 200))
        counts.add(2, of: LoopCounters.Key(label: 1, outcome: .bypassed, code: 503))
        counts.add(3, of: LoopCounters.Key(label: 1, outcome: .failed, code: 504))
        counts.add(50, of: LoopCounters.Key(label: 1, outcome: .queued, code: 503))
        #expect(counts.requests == 15 && counts.errors == 5)
    }
}
