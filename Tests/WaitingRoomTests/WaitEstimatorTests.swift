import Testing
import WaitingRoom

struct WaitEstimatorTests {
    private static func settings(_ change: (inout RoomSettings) -> Void = { _ in }) throws -> RoomSettings {
        var settings = RoomSettings(
            id: try Scene.roomID(), maxActiveUsers: 600, queueRate: Rate(count: 10, per: .seconds(1)),
            sessionTimeout: .minutes(10))
        change(&settings)
        return settings
    }

    /// A line of `waiting` that moves steadily for `seconds`.
    private static func measured(
        admittedPerSecond: Double, abandonedPerSecond: Double = 0, waiting: Int = 10_000, seconds: Int = 300
    ) -> WaitEstimator {
        var estimator = WaitEstimator()
        for second in 0...seconds {
            estimator.observe(
                at: Timestamp(milliseconds: Int64(second) * 1000),
                admittedTotal: Int(admittedPerSecond * Double(second)),
                abandonedTotal: Int(abandonedPerSecond * Double(second)), waiting: waiting)
        }
        return estimator
    }

    @Test("Nothing can be said of a room that is closed or admits nobody")
    func unknown() throws {
        let estimator = Self.measured(admittedPerSecond: 5)
        for status in [RoomStatus.paused, .maintenance] {
            #expect(
                estimator.estimate(rank: 1, freeSlots: 1, settings: try Self.settings { $0.status = status }) == nil)
        }
        let rateless = try Self.settings { $0.queueRate.count = 0 }
        #expect(estimator.estimate(rank: 1, freeSlots: 1, settings: rateless) == nil)
        let slotless = try Self.settings { $0.maxActiveUsers = 0 }
        #expect(estimator.estimate(rank: 1, freeSlots: 0, settings: slotless) == nil)
    }

    @Test("Before anything was measured the settings say what can be said")
    func fallback() throws {
        let settings = try Self.settings()
        let free = try #require(WaitEstimator().estimate(rank: 100, freeSlots: 600, settings: settings))
        // 10 per second fill free slots.
        #expect(free.low <= 10 && free.middle >= 9.9 && free.middle <= 10.1 && free.high >= 10)
        let taken = try #require(WaitEstimator().estimate(rank: 100, freeSlots: 0, settings: settings))
        // 600 slots turn over in 600 s at the slowest: 1 per second; at best 10.
        #expect(taken.low <= 10)
        #expect(taken.high >= 100)
        #expect(taken.middle > 10 && taken.middle < 100)
    }

    @Test("A steady line is estimated by its measured rate", arguments: [0.5, 2, 9])
    func steady(rate: Double) throws {
        let estimator = Self.measured(admittedPerSecond: rate)
        let estimate = try #require(estimator.estimate(rank: 1_000, freeSlots: 0, settings: try Self.settings()))
        let truth = 1_000 / rate
        #expect(estimate.low < truth && truth < estimate.high)
        #expect(abs(estimate.middle - truth) < 0.25 * truth)
    }

    @Test("Those ahead who give up shorten the wait")
    func abandonment() throws {
        let settings = try Self.settings()
        let patient = Self.measured(admittedPerSecond: 5)
        // One in a hundred each ten seconds.
        let impatient = Self.measured(admittedPerSecond: 5, abandonedPerSecond: 10)
        let long = try #require(patient.estimate(rank: 5_000, freeSlots: 0, settings: settings))
        let short = try #require(impatient.estimate(rank: 5_000, freeSlots: 0, settings: settings))
        // ln(1 + 0.001 · 5000 / 5) / 0.001 = 693 s against 1000 s.
        #expect(abs(short.middle / long.middle - 0.693) < 0.05)
    }

    @Test("Who stands further back never waits less")
    func monotonic() throws {
        let estimator = Self.measured(admittedPerSecond: 3, abandonedPerSecond: 4)
        var last = 0.0
        for rank in stride(from: 1, to: 20_000, by: 137) {
            let estimate = try #require(estimator.estimate(rank: rank, freeSlots: 0, settings: try Self.settings()))
            #expect(estimate.low <= estimate.middle && estimate.middle <= estimate.high)
            #expect(estimate.middle >= last)
            last = estimate.middle
        }
    }

    @Test("A promise is early, kept or late, and off by so many seconds")
    func promises() {
        let promise = WaitPromise(
            madeAt: Timestamp(milliseconds: 0), estimate: WaitEstimate(low: 10, middle: 15, high: 20))
        #expect(promise.outcome(admittedAt: Timestamp(milliseconds: 9_000)).verdict == .early)
        #expect(promise.outcome(admittedAt: Timestamp(milliseconds: 10_000)).verdict == .kept)
        #expect(promise.outcome(admittedAt: Timestamp(milliseconds: 20_000)).verdict == .kept)
        let late = promise.outcome(admittedAt: Timestamp(milliseconds: 21_500))
        #expect(late.verdict == .late)
        #expect(late.errorSeconds == 6.5)
    }
}
