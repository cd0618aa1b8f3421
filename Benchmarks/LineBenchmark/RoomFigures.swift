import WaitingRoom

#if canImport(Glibc)
import Glibc
#endif

/// The steps of a `Room`, without a store around it.
enum RoomFigures {
    static func measure(waiting: Int) {
        guard let id = RoomID("benchmark") else { return }
        let settings = RoomSettings(
            id: id, maxActiveUsers: 10_000_000, maxQueueSize: 0, queueRate: Rate(count: 1_000, per: .seconds(1)))
        var random = SplitMix(state: 1)
        var events: [RoomEvent] = []
        var now: Int64 = 1_000_000
        let before = residentBytes()
        var room = Room(opening: settings, at: Timestamp(milliseconds: now), emitting: &events)
        var ids: [PositionID] = []
        ids.reserveCapacity(waiting)
        func join() {
            let id = PositionID(using: &random)
            ids.append(id)
            if ids.count % 50 == 0 { now += 1 }
            // Each from an address of its own, which costs most.
            let request = JoinRequest(id: id, addressDigest: AddressDigest(id.bits.low))
            _ = room.enqueue(request, at: Timestamp(milliseconds: now), using: &random, emitting: &events)
            events.removeAll(keepingCapacity: true)
        }
        while ids.count < waiting { join() }
        if waiting >= 1_000_000 {
            report("memory of a place", waiting, "\((residentBytes() - before) / waiting - 16) bytes")
        }
        let clock = ContinuousClock()
        let rounds = min(waiting, 100_000)

        report("join", waiting, clock.measure { for _ in 0..<rounds { join() } }.each(rounds))

        var ranks = 0
        let asked = (0..<rounds).map { _ in ids[Int.random(in: 0..<ids.count, using: &random)] }
        let rank = clock.measure { for id in asked { ranks += room.place(of: id)?.rank ?? 0 } }
        report("rank", waiting, rank.each(rounds))

        let leaving = Set(asked.prefix(waiting / 10))
        let leave = clock.measure {
            for id in leaving {
                _ = room.leave(id, at: Timestamp(milliseconds: now), emitting: &events)
                events.removeAll(keepingCapacity: true)
            }
        }
        report("leave", waiting, leave.each(leaving.count))

        now += 2_000
        var admitted = 0
        let admit = clock.measure {
            admitted = room.admit(at: Timestamp(milliseconds: now), emitting: &events).count
        }
        report("admit \(admitted)", waiting, admit.milliseconds)
        events.removeAll()

        var copy: Room?
        report("copy for a snapshot", waiting, clock.measure { copy = room }.milliseconds)
        let afterCopy = clock.measure { for _ in 0..<rounds { join() } }
        report("join while a snapshot is held", waiting, afterCopy.each(rounds))
        keep(copy)
        keep(ranks)
    }

    /// Makes the optimiser believe that a result is needed.
    @inline(never)
    private static func keep(_ value: some Any) {}

    /// Of this process, from /proc; 0 where there is none.
    static func residentBytes() -> Int {
        guard let file = fopen("/proc/self/statm", "r") else { return 0 }
        defer { fclose(file) }
        var buffer = [CChar](repeating: 0, count: 128)
        guard fgets(&buffer, 128, file) != nil else { return 0 }
        let text = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let pages = text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        return pages * Int(sysconf(Int32(_SC_PAGESIZE)))
    }
}
