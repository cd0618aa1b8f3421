import Logging
import QueueStore
import WaitingRoom

#if canImport(Glibc)
import Glibc
#endif

/// A `MemoryStore` as gates use it: many callers at once, with a journal on a disk.
enum StoreFigures {
    private static let million = 1_000_000
    private static let callers = 64

    static func measure(directory: String) async throws {
        guard let id = RoomID("benchmark") else { return }
        let settings = RoomSettings(
            id: id, maxActiveUsers: 1, maxQueueSize: 0, queueRate: Rate(count: 1, per: .minutes(60)))
        let clock: @Sendable () -> Timestamp = { wallClock() }
        let timer = ContinuousClock()

        let volatile = MemoryStore(clock: clock)
        try await volatile.configure([settings])
        let bare = try await timer.measure { _ = try await join(volatile, id, 200_000, seed: 1) }
        report("store: arrive, no journal, \(callers) callers", 0, perSecond(200_000, bare))

        let logger = Logger(label: "benchmark") { _ in SwiftLogNoOpLogHandler() }
        func open(_ compactionSize: Int64) throws -> OpenedJournal {
            try Journal.open(directory: directory, now: clock(), compactionSize: compactionSize, logger: logger)
        }
        do {
            let store = MemoryStore(clock: clock, journal: try open(.max))
            try await store.configure([settings])
            var slowest = Duration.zero
            let taken = try await timer.measure { slowest = try await join(store, id, million, seed: 2) }
            report("store: arrive, journal, \(callers) callers", million, perSecond(million, taken))
            report("store: slowest arrive", million, slowest.milliseconds)
            let one = try await timer.measure { _ = try await join(store, id, 20_000, callers: 1, seed: 3) }
            report("store: arrive, journal, 1 caller", million, one.each(20_000))
        }
        var opened: OpenedJournal?
        let replay = try timer.measure { opened = try open(1 << 20) }
        report("replay of \(opened?.report.records ?? 0) records", million, replay.milliseconds)
        // What was replayed is larger than the compaction size: the first step begins a snapshot.
        let store = MemoryStore(clock: clock, journal: opened)
        opened = nil
        var slowest = Duration.zero
        let during = try await timer.measure { slowest = try await join(store, id, 200_000, seed: 4) }
        report("store: arrive while a snapshot is written", million, perSecond(200_000, during))
        report("store: slowest arrive while a snapshot is written", million, slowest.milliseconds)
        let closing = try await timer.measure { try await store.close() }
        report("close, with a snapshot", million, closing.milliseconds)
        let reopening = try timer.measure { opened = try open(.max) }
        report("open from a snapshot of \(opened?.report.records ?? 0) records", million, reopening.milliseconds)
    }

    private static func join(
        _ store: MemoryStore, _ room: RoomID, _ count: Int, callers: Int = callers, seed: UInt64
    ) async throws -> Duration {
        try await withThrowingTaskGroup(of: Duration.self) { group in
            for caller in 0..<callers {
                group.addTask {
                    var random = SplitMix(state: seed << 32 | UInt64(caller))
                    let timer = ContinuousClock()
                    var worst = Duration.zero
                    for _ in 0..<count / callers {
                        let arrival = Arrival(
                            id: PositionID(using: &random), client: Client(address: "192.0.2.1", userAgent: "x"))
                        let start = timer.now
                        _ = try await store.arrive(arrival, in: room)
                        worst = max(worst, timer.now - start)
                    }
                    return worst
                }
            }
            var worst = Duration.zero
            for try await one in group { worst = max(worst, one) }
            return worst
        }
    }

    private static func wallClock() -> Timestamp {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return Timestamp(milliseconds: Int64(now.tv_sec) * 1000 + Int64(now.tv_nsec) / 1_000_000)
    }

    private static func perSecond(_ count: Int, _ duration: Duration) -> String {
        "\(Int(Double(count) / duration.nanoseconds * 1e9)) per second"
    }
}
