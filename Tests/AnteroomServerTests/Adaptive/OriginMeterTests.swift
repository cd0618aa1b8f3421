import EdgeProxy
import Testing
import WaitingRoom

@testable import AnteroomServer

@Suite("Samples of an origin")
struct OriginMeterTests {
    private let settings = AdaptiveSettings(interval: .seconds(10), minSamples: 50)
    private let start = ContinuousClock.now
    private var meter = OriginMeter()

    private mutating func read(_ requests: Int, errors: Int = 0, after seconds: Int) -> OriginMeter.Reading {
        meter.read(OriginCounts(requests: requests, errors: errors), at: start + .seconds(seconds), under: settings)
    }

    @Test("A sample is what was counted since the last one, and not what was before the first")
    mutating func difference() {
        #expect(read(1000, errors: 900, after: 0) == .nothing)
        #expect(read(1060, errors: 903, after: 10) == .sample(OriginSample(requests: 60, errors: 3, latency: nil)))
        #expect(read(1110, errors: 903, after: 20) == .sample(OriginSample(requests: 50, errors: 0, latency: nil)))
    }

    @Test("Too few requests are waited for, but not for ever")
    mutating func waiting() {
        _ = read(0, after: 0)
        #expect(read(30, after: 10) == .growing)
        #expect(read(60, after: 20) == .sample(OriginSample(requests: 60, errors: 0, latency: nil)))
        for second in 3...7 { #expect(read(61, after: 10 * second) == .growing) }
        #expect(read(61, after: 80) == .sample(OriginSample(requests: 1, errors: 0, latency: nil)))
    }

    @Test("An event loop that did not answer is waited for, and its past is not told as new")
    mutating func silentLoop() {
        _ = read(1000, after: 0)
        #expect(read(400, after: 10) == .growing)
        #expect(read(1060, after: 20) == .sample(OriginSample(requests: 60, errors: 0, latency: nil)))
    }
}
