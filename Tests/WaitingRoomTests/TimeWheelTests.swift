import Testing

@testable import WaitingRoom

struct TimeWheelTests {
    @Test("Exactly the due reminders come out, however few are taken at a time", arguments: [1, 3, 100, Int.max])
    func due(limit: Int) {
        var random = SeededGenerator(seed: 3)
        var wheel = TimeWheel()
        var times: [UInt64: Int64] = [:]
        for number in 0..<500 as Range<UInt64> {
            let time = Int64.random(in: -5_000...20_000, using: &random)
            times[number] = time
            wheel.note(Scene.id(number), at: Timestamp(milliseconds: time))
        }
        var number: UInt64 = 500
        for through in stride(from: Int64(-6_000), through: 21_000, by: 777) {
            // Some more, of which some fall into the bucket that was taken from in part.
            for _ in 0..<5 {
                let time = through + Int64.random(in: 0...900, using: &random)
                times[number] = time
                wheel.note(Scene.id(number), at: Timestamp(milliseconds: time))
                number += 1
            }
            var taken: Set<UInt64> = []
            while true {
                let some = wheel.take(through: Timestamp(milliseconds: through), limit: limit)
                #expect(some.count <= limit)
                if some.isEmpty { break }
                taken.formUnion(some.map(\.id.bits.low))
            }
            let expected = Set(times.filter { $0.value <= through }.keys)
            #expect(taken == expected)
            for number in expected { times[number] = nil }
            #expect(wheel.count == times.count)
        }
        #expect(wheel.take(through: Timestamp(milliseconds: 30_000), limit: .max).count == times.count)
        #expect(wheel.count == 0)
    }

    @Test("Reminders since a moment are those of that moment and later")
    func since() {
        var wheel = TimeWheel()
        for number in 0..<10 as Range<UInt64> {
            wheel.note(Scene.id(number), at: Timestamp(milliseconds: Int64(number) * 600))
        }
        let found = wheel.reminders(since: Timestamp(milliseconds: 3_000)).map(\.id.bits.low).sorted()
        #expect(found == [5, 6, 7, 8, 9])
    }
}
