import AdminAPI
import Testing
import WaitingRoom

@testable import AnteroomServer

@Suite("The ring of a room's samples")
struct SampleRingTests {
    private var ring = SampleRing()
    private let start = Timestamp(milliseconds: 1_795_233_750_000)

    private mutating func add(_ waiting: Int, after seconds: Int64) {
        var sample = RoomSample()
        sample[.waiting] = Double(waiting)
        ring.add(sample, at: start + .seconds(seconds))
    }

    private func waiting(latest count: Int = SampleRing.capacity) -> [Double?] {
        ring.series(latest: count)?.columns[.waiting] ?? []
    }

    @Test("Before the first sample there is no series")
    func empty() {
        #expect(ring.series(latest: 10) == nil)
    }

    @Test("Samples come back in order, the first interval begins one before the first sample")
    mutating func order() throws {
        for number in 0..<5 { add(number, after: Int64(number) * 10) }
        #expect(waiting() == [0, 1, 2, 3, 4])
        let series = try #require(ring.series(latest: 2))
        #expect(series.columns[.waiting] == [3, 4] && series.from == start + .seconds(20))
        #expect(series.columns[.enqueued] == [nil, nil], "what was not told is not known")
    }

    @Test("Numbers come back as short as they were")
    mutating func rounding() {
        var sample = RoomSample()
        sample[.queueRate] = 0.1
        sample[.originLatencySecondsP50] = 0.00123
        ring.add(sample, at: start)
        let columns = ring.series(latest: 1)?.columns
        #expect(columns?[.queueRate] == [0.1] && columns?[.originLatencySecondsP50] == [0.00123])
    }

    @Test("A timer that fires a little early or late does not lose a sample")
    mutating func jitter() {
        ring.add(RoomSample(), at: start)
        ring.add(RoomSample(), at: start + Milliseconds(9_998))
        ring.add(RoomSample(), at: start + Milliseconds(20_004))
        #expect(waiting().count == 3)
    }

    @Test("What was missed is not known")
    mutating func gap() {
        add(1, after: 0)
        add(2, after: 40)
        #expect(waiting() == [1, nil, nil, nil, 2])
    }

    @Test("No more than six hours are kept, and the oldest go first")
    mutating func bound() {
        for number in 0..<SampleRing.capacity + 7 { add(number, after: Int64(number) * 10) }
        let kept = waiting()
        #expect(kept.count == SampleRing.capacity)
        #expect(kept.first == 7 && kept.last == Double(SampleRing.capacity + 6))
        add(1, after: Int64(SampleRing.capacity + 6 + 100) * 10)
        #expect(waiting().count == SampleRing.capacity && waiting().first == 107)
    }

    @Test("A clock set back a little is waited for; one that leaps starts over")
    mutating func clock() {
        add(1, after: 0)
        add(2, after: 10)
        add(3, after: -50)
        #expect(waiting() == [1, 2])
        add(4, after: -100_000)
        #expect(waiting() == [4])
        add(5, after: 100_000)
        #expect(waiting() == [5])
    }
}
