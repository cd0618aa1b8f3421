import HistoryChecker
import Testing
import WaitingRoom

struct RoomAdmissionTests {
    @Test(
        "A step admits the least of free slots, rate tokens and waiting",
        arguments: [(5, 100, 9), (9, 4, 9), (9, 100, 3)])
    func least(slots: Int, rate: Int64, waiting: UInt64) throws {
        var scene = try Scene {
            $0.maxActiveUsers = slots
            $0.queueRate = Rate(count: rate, per: .seconds(1))
        }
        for number in 1...waiting { scene.enqueue(number) }
        let expected = min(slots, Int(rate), Int(waiting))
        #expect(scene.admit() == expected)
        #expect(scene.admissions == Array(1...UInt64(expected)))
        #expect(scene.room.waiting == Int(waiting) - expected)
        #expect(scene.rank(waiting) == (expected == Int(waiting) ? 0 : Int(waiting) - expected))
    }

    @Test("After a limit is lowered nobody is admitted until fewer are in than it allows")
    func loweredLimit() throws {
        var scene = try Scene { $0.maxActiveUsers = 3 }
        for number in 1...5 as ClosedRange<UInt64> { scene.arrive(number) }
        scene.update { $0.maxActiveUsers = 1 }
        for leaver in 1...2 as ClosedRange<UInt64> {
            scene.now += 1_000
            #expect(scene.admit() == 0)
            scene.leave(leaver)
        }
        scene.now += 1_000
        #expect(scene.admit() == 0)
        scene.leave(3)
        #expect(scene.admit() == 1)
        #expect(HistoryChecker.violations(in: scene.events).isEmpty)
    }

    @Test("Direct admissions and ticks draw from one bucket")
    func oneBucket() throws {
        var scene = try Scene {
            $0.maxActiveUsers = 100
            $0.queueRate = Rate(count: 3, per: .seconds(1))
        }
        scene.arrive(1)
        scene.arrive(2)
        scene.enqueue(3)
        scene.enqueue(4)
        #expect(scene.admit() == 1)
        scene.now += 334
        #expect(scene.admit() == 1)
    }

    @Test("A clock that steps back neither stops the line nor lets more in than the rate")
    func clockSteppingBack() throws {
        var scene = try Scene {
            $0.maxActiveUsers = 1_000
            $0.queueRate = Rate(count: 2, per: .seconds(1))
            $0.heartbeatTimeout = .minutes(600)
        }
        for number in 1...100 as ClosedRange<UInt64> { scene.enqueue(number) }
        scene.admit()
        scene.now -= 3_600_000
        #expect(scene.admit() == 0)
        var admitted = 0
        for _ in 0..<20 {
            scene.now += 1_000
            admitted += scene.admit()
        }
        #expect(admitted == 20)
        #expect(HistoryChecker.violations(in: scene.events).isEmpty)
    }

    @Test("Higher priority goes first, within its share of a batch while others wait")
    func priorityShare() throws {
        var scene = try Scene {
            $0.maxActiveUsers = 4
            $0.priorityShare = 500
        }
        for number in 1...4 as ClosedRange<UInt64> { scene.enqueue(number) }
        for number in 11...14 as ClosedRange<UInt64> { scene.enqueue(number, priority: 5) }
        #expect(scene.rank(11) == 1)
        #expect(scene.rank(1) == 5)
        scene.admit()
        #expect(scene.admissions == [11, 12, 1, 2])
    }

    @Test("Batches of one alternate between priorities")
    func alternating() throws {
        var scene = try Scene {
            $0.maxActiveUsers = 100
            $0.queueRate = Rate(count: 1, per: .seconds(1))
        }
        for number in 1...3 as ClosedRange<UInt64> {
            scene.enqueue(number)
            scene.enqueue(number + 10, priority: 1)
        }
        for _ in 0..<6 {
            scene.admit()
            scene.now += 1_000
        }
        #expect(scene.admissions == [1, 11, 2, 12, 3, 13])
    }

    @Test("Those who join within one shuffle window are admitted in another order, but never before it closes")
    func shuffling() throws {
        var scene = try Scene {
            $0.maxActiveUsers = 1_000
            $0.shuffleWindow = .seconds(10)
            $0.queueRate = Rate(count: 1_000, per: .seconds(1))
        }
        scene.now = 1_010_000
        for number in 1...40 as ClosedRange<UInt64> { scene.enqueue(number) }
        scene.now += 9_999
        #expect(scene.admit() == 0)
        scene.enqueue(41)
        scene.now += 1
        scene.enqueue(42)
        #expect(scene.admit() == 41)
        #expect(scene.admissions != Array(1...41))
        #expect(scene.admissions.sorted() == Array(1...41))
        #expect(scene.status(42) == .waiting)
        #expect(HistoryChecker.violations(in: scene.events).isEmpty)
    }

    @Test("An open window of higher priority holds up nobody behind it")
    func openWindowAhead() throws {
        var scene = try Scene { $0.shuffleWindow = .seconds(10) }
        scene.now = 1_010_000
        scene.enqueue(1)
        scene.now += 10_000
        scene.enqueue(2, priority: 7)
        scene.enqueue(3, priority: 3)
        #expect(scene.admit() == 1)
        #expect(scene.admissions == [1])
    }

    @Test(
        "A shuffle window that is set later puts nobody before those who wait already", arguments: [0, 3_000, 60_000])
    func windowSetLater(length: Int64) throws {
        var scene = try Scene {
            $0.status = .paused
            $0.shuffleWindow = Milliseconds(length)
        }
        for number in 1...10 as ClosedRange<UInt64> {
            scene.now += 700
            scene.enqueue(number)
        }
        scene.update { $0.shuffleWindow = .seconds(20) }
        for number in 11...20 as ClosedRange<UInt64> { scene.enqueue(number) }
        let ranks = (1...10).compactMap { scene.rank(UInt64($0)) }
        #expect(ranks.sorted() == Array(1...10))
    }

    @Test("Those of the lowest priority there is wait for their window as others do")
    func lowestPriority() throws {
        var scene = try Scene { $0.shuffleWindow = .seconds(5) }
        scene.enqueue(1, priority: .min)
        scene.enqueue(2, priority: -7)
        #expect(scene.admit() == 0)
        scene.now += 5_000
        #expect(scene.admit() == 2)
        #expect(scene.admissions == [2, 1])
    }
}
