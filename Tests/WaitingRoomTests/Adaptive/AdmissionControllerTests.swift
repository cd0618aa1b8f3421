import Testing

@testable import WaitingRoom

@Suite("The controller of adaptive admission")
struct AdmissionControllerTests {
    private let settings = AdaptiveSettings(targetLatency: Milliseconds(500), maxErrorRate: 50, minSamples: 50)
    private let ceiling = Rate(count: 101, per: .seconds(1))
    private var controller = AdmissionController()
    private let slow = AdaptationReason.latency(Milliseconds(600), target: Milliseconds(500))

    private func sample(_ latency: Int64, errors: Int = 0, requests: Int = 1000) -> OriginSample {
        OriginSample(requests: requests, errors: errors, latency: Milliseconds(latency))
    }

    private mutating func judge(_ sample: OriginSample, at perSecond: Int64 = 60) -> AdmissionController.Verdict {
        controller.judge(sample, at: Rate(count: perSecond, per: .seconds(1)), below: ceiling, under: settings)
    }

    private func perMinute(_ count: Int64) -> Rate { Rate(count: count, per: .minutes(1)) }

    @Test("One slow sample is noted, the second in a row lowers the rate, with its figures")
    mutating func slowSamples() {
        #expect(judge(sample(600)) == .distress(slow))
        #expect(judge(sample(600)) == .lower(to: perMinute(3000), slow))
        #expect(judge(sample(600), at: 50) == .distress(slow), "the change needs time to show")
        #expect(judge(sample(450), at: 50) == .hold)
        #expect(judge(sample(600), at: 50) == .distress(slow), "not in a row")
        #expect(slow.text == "latency 600 ms, above 500 ms")
    }

    @Test("The further out, the more it falls, but to no less than 0.7 of itself at once")
    mutating func depth() {
        _ = judge(sample(501))
        let little = AdaptationReason.latency(Milliseconds(501), target: Milliseconds(500))
        #expect(judge(sample(501)) == .lower(to: perMinute(3420), little))
        let far = AdaptationReason.latency(Milliseconds(5000), target: Milliseconds(500))
        #expect(judge(sample(5000)) == .lower(to: perMinute(2520), far), "and at once")
    }

    @Test("Errors count however quick they are, and without any answer")
    mutating func errors() {
        #expect(judge(sample(1, errors: 60)) == .distress(.errors(60, limit: 50)))
        let all = OriginSample(requests: 100, errors: 100, latency: nil)
        #expect(judge(all) == .lower(to: perMinute(2520), .errors(1000, limit: 50)))
        #expect(AdaptationReason.errors(101, limit: 50).text == "errors 10.1%, above 5.0%")
    }

    @Test("It never falls below the floor, and distress there is still told")
    mutating func floor() {
        _ = judge(sample(600), at: 1)
        #expect(judge(sample(600), at: 1) == .distress(slow))
        let quarter = AdaptiveSettings(floor: Rate(count: 50, per: .seconds(1)))
        _ = controller.judge(sample(600), at: perMinute(3001), below: ceiling, under: quarter)
        #expect(
            controller.judge(sample(600), at: perMinute(3001), below: ceiling, under: quarter)
                == .lower(to: quarter.floor, slow))
    }

    @Test("The third calm sample in a row raises the rate: carefully where nothing is known of what is too much")
    mutating func careful() {
        #expect((1...3).map { _ in judge(sample(400)) } == [.hold, .hold, .raise(to: perMinute(3630))])
        #expect((1...3).map { _ in judge(sample(400)) } == [.hold, .hold, .raise(to: perMinute(3660))], "twice as far")
        #expect(judge(sample(401)) == .hold, "between calm and distress nothing changes")
        #expect((1...3).map { _ in judge(sample(100, errors: 25)) } == [.hold, .hold, .raise(to: perMinute(3630))])
        #expect(judge(sample(100, errors: 26)) == .hold)
    }

    @Test("Up to just below what was too much it rises quickly")
    mutating func quick() {
        for _ in 1...2 { _ = judge(sample(600), at: 100) }
        for _ in 1...2 { _ = judge(sample(10), at: 50) }
        #expect(judge(sample(10), at: 50) == .raise(to: perMinute(3900)))
        #expect(judge(sample(10), at: 65) == .raise(to: perMinute(4500)), "and with each sample")
        #expect(judge(sample(10), at: 94) == .raise(to: perMinute(5670)))
    }

    @Test("It rises to what is configured, and no further")
    mutating func ceilings() {
        for _ in 1...2 { _ = judge(sample(10), at: 101) }
        #expect(judge(sample(10), at: 101) == .hold)
        #expect(judge(sample(10), at: 150) == .hold)
        let almost = Rate(count: 6059, per: .minutes(1))
        #expect(controller.judge(sample(10), at: almost, below: ceiling, under: settings) == .raise(to: nil))
    }

    @Test("Slow rates move too, however small the step")
    mutating func slowRates() {
        let settings = AdaptiveSettings(floor: Rate(count: 1, per: .minutes(60)))
        let (one, two) = (settings.floor, Rate(count: 2, per: .minutes(60)))
        for _ in 1...2 { _ = controller.judge(sample(10), at: one, below: ceiling, under: settings) }
        let three = Rate(count: 3, per: .minutes(60))
        #expect(controller.judge(sample(10), at: one, below: three, under: settings) == .raise(to: two))
        _ = controller.judge(sample(501), at: two, below: three, under: settings)
        #expect(
            controller.judge(sample(501), at: two, below: three, under: settings)
                == .lower(to: one, .latency(Milliseconds(501), target: Milliseconds(500))))
    }

    @Test("Too few requests are no sample, and what came before them is over")
    mutating func few() {
        _ = judge(sample(600))
        #expect(judge(sample(5000, errors: 49, requests: 49)) == .unknown)
        #expect(judge(sample(600)) == .distress(slow))
        #expect((1...2).map { _ in judge(sample(10)) } == [.hold, .hold])
        #expect(judge(OriginSample(requests: 0, errors: 0, latency: nil)) == .unknown)
        #expect(judge(sample(10)) == .hold)
    }
}
