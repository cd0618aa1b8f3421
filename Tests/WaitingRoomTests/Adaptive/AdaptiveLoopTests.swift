import Testing

@testable import WaitingRoom

/// The controller in front of an origin whose latency rises with the number of people on the site.
@Suite("Adaptive admission as a loop")
struct AdaptiveLoopTests {
    /// Visitors stay for some time, so that a change of the rate shows later; latency is that of one queue with random
    /// arrivals.
    private struct SimulatedOrigin {
        /// Visitors a second that would keep it busy all the time.
        var capacity: Double
        /// How many of the intervals a visitor stays.
        var stay: Double
        private(set) var load = 0.0
        private var generator = SplitMix(state: 7)

        init(capacity: Double, stay: Double) {
            self.capacity = capacity
            self.stay = stay
        }

        mutating func sample(at rate: Rate) -> OriginSample {
            load += (rate.perSecond - load) / stay
            let noise = Double.random(in: 0.9...1.1, using: &generator)
            let latency = load < capacity ? min(30_000, 50 / (1 - load / capacity)) : 30_000
            let errors = load > 1.2 * capacity ? 200 : 2
            return OriginSample(requests: 1000, errors: errors, latency: Milliseconds(Int64(latency * noise)))
        }
    }

    private struct SplitMix: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9e37_79b9_7f4a_7c15
            var value = state
            value = (value ^ value >> 30) &* 0xbf58_476d_1ce4_e5b9
            value = (value ^ value >> 27) &* 0x94d0_49bb_1331_11eb
            return value ^ value >> 31
        }
    }

    private let settings = AdaptiveSettings()
    private let ceiling = Rate(count: 100, per: .seconds(1))

    /// The rates of so many intervals.
    private func run(
        _ intervals: Int, _ origin: inout SimulatedOrigin, _ controller: inout AdmissionController, from rate: Rate?
    ) -> [Rate] {
        var adapted = rate
        return (0..<intervals).map { _ in
            let rate = adapted ?? ceiling
            let sample = origin.sample(at: rate)
            switch controller.judge(sample, at: rate, below: ceiling, under: settings) {
            case .lower(let lowered, _): adapted = lowered
            case .raise(let raised): adapted = raised
            case .distress, .hold, .unknown: break
            }
            return adapted ?? ceiling
        }
    }

    @Test(
        "It finds what the origin bears and stays there",
        arguments: [(40.0, 1.0), (40, 4), (40, 10), (10, 1), (10, 4)])
    func converges(capacity: Double, stay: Double) {
        var origin = SimulatedOrigin(capacity: capacity, stay: stay)
        var controller = AdmissionController()
        let late = run(400, &origin, &controller, from: nil).suffix(150).map { $0.perSecond / capacity }
        // 500 ms are at 0.9 of the capacity, 400 ms at 0.875.
        #expect((late.min() ?? 0) >= 0.6 && (late.max() ?? 2) <= 1.02, "\(late)")
        let changes = zip(late, late.dropFirst()).filter { $0 != $1 }.count
        #expect(changes <= 30, "\(changes) changes: \(late)")
    }

    @Test("An origin that recovers gets its rate back")
    func recovers() {
        var origin = SimulatedOrigin(capacity: 10, stay: 2)
        var controller = AdmissionController()
        let low = run(60, &origin, &controller, from: nil)
        #expect((low.last?.perSecond ?? 100) < 10)
        origin.capacity = 1000
        let back = run(60, &origin, &controller, from: low.last)
        #expect(back.last == ceiling, "\(back)")
        #expect(back.firstIndex(of: ceiling) ?? 60 <= 50)
    }

    @Test("An origin that bears all is left alone, however its latency varies below the target")
    func leavesAlone() {
        var origin = SimulatedOrigin(capacity: 1000, stay: 2)
        var controller = AdmissionController()
        #expect(Set(run(100, &origin, &controller, from: nil)) == [ceiling])
    }
}
