import Testing

@testable import EdgeProxy

@Suite struct HTTP2FloodMeterTests {
    /// What the meter says of each moment, in microseconds.
    private func verdicts(_ kind: HTTP2FloodMeter.Kind, at moments: [Int64]) -> [Bool] {
        var meter = HTTP2FloodMeter(now: moments.first ?? 0)
        return moments.map { meter.count(kind, now: $0) }
    }

    @Test("One more than the limit within a span is too many; the next span begins anew", arguments: [0, 1, 2, 3])
    func limits(index: Int) {
        let kind = HTTP2FloodMeter.Kind.allCases[index]
        let span = HTTP2FloodMeter.span
        let moments = Array(repeating: Int64(5), count: kind.limit) + [4 + span, 5 + span]
        #expect(verdicts(kind, at: moments) == Array(repeating: false, count: kind.limit) + [true, false])
    }

    @Test("Each kind is counted by itself")
    func kinds() {
        var meter = HTTP2FloodMeter(now: 0)
        for _ in 0..<HTTP2FloodMeter.Kind.resets.limit { _ = meter.count(.resets, now: 0) }
        let (empty, resets) = (meter.count(.empty, now: 0), meter.count(.resets, now: 0))
        #expect(!empty && resets)
    }
}
