import AdminAPI
import Prometheus
import QueueStore
import ServiceLifecycle
import Synchronization
import VisitorAPI
import WaitingRoom

/// Records each room every ten seconds, for the charts of the dashboard, from what the gate knows anyway: no store is
/// asked. Kept in memory only, and of what went through this gate where it tells of the origin.
final class SeriesRecorder: Service {
    fileprivate struct Record {
        var ring = SampleRing()
        /// What the next sample's counts are counted from.
        var facts: RoomFacts?
        var origin: OriginCounts?
    }

    private let records = Mutex<[RoomID: Record]>([:])
    private let monitor: RoomMonitor
    private let origins: @Sendable () async -> [String: OriginCounts]
    private let clock: @Sendable () -> Timestamp
    /// Facts that are older are not those of the moment.
    private static let staleAfter = Milliseconds.seconds(15)

    /// - Parameter origins: what this gate has counted at the origins, by `queue_id`.
    init(
        monitor: RoomMonitor, origins: @escaping @Sendable () async -> [String: OriginCounts],
        clock: @escaping @Sendable () -> Timestamp
    ) {
        self.monitor = monitor
        self.origins = origins
        self.clock = clock
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            // By then the rooms have taken their first step.
            try? await Task.sleep(for: .seconds(1))
            while !Task.isCancelled {
                let origins = await self.origins()
                self.record(self.monitor.all, origins, at: self.clock())
                try? await Task.sleep(for: .milliseconds(Self.pause(after: self.clock()).count))
            }
        }
    }

    /// Until the next sample is due: at the turn of an interval, and never twice at the same one.
    static func pause(after time: Timestamp) -> Milliseconds {
        let interval = SampleRing.interval.count
        let rest = interval - time.milliseconds % interval
        return Milliseconds(rest < interval / 2 ? rest + interval : rest)
    }

    /// Takes one sample of each of the rooms, and drops the record of those that are gone.
    func record(_ rooms: [RoomMonitor.Snapshot], _ origins: [String: OriginCounts], at time: Timestamp) {
        records.withLock { records in
            let known = Set(rooms.map(\.facts.settings.id))
            records = records.filter { known.contains($0.key) }
            for room in rooms {
                let id = room.facts.settings.id
                let origin = origins[id.text] ?? OriginCounts()
                records[id, default: Record()].add(room, origin, at: time, isStale: Self.isStale(room, at: time))
            }
        }
    }

    private static func isStale(_ room: RoomMonitor.Snapshot, at time: Timestamp) -> Bool {
        let interval = Milliseconds(room.facts.settings.admissionInterval.count * 2)
        return time - room.takenAt > max(staleAfter, interval)
    }
}

extension SeriesRecorder: RoomHistoryProviding {
    func series(of room: RoomID, minutes: Int) async -> RoomSeries? {
        let ring = records.withLock { $0[room]?.ring }
        return ring?.series(latest: minutes * 60_000 / Int(SampleRing.interval.count))
    }
}

extension SeriesRecorder.Record {
    fileprivate mutating func add(
        _ room: RoomMonitor.Snapshot, _ origin: OriginCounts, at time: Timestamp, isStale: Bool
    ) {
        var sample = RoomSample()
        if !isStale {
            sample.tell(room)
            if let facts { sample.count(from: facts, to: room.facts) }
            facts = room.facts
        }
        if self.origin.map({ sample.count(from: $0, to: origin) }) ?? true { self.origin = origin }
        ring.add(sample, at: time)
    }
}

extension RoomSample {
    fileprivate mutating func tell(_ room: RoomMonitor.Snapshot) {
        let facts = room.facts
        self[.waiting] = Double(facts.waiting)
        self[.activeSessions] = Double(facts.activeSessions)
        self[.slotsInUse] = Double(facts.admitted + facts.activeSessions)
        self[.maxActiveUsers] = Double(facts.settings.maxActiveUsers)
        self[.queueRate] = facts.settings.queueRate.perSecond
        self[.estimatedWaitSeconds] = room.estimate(rank: facts.waiting + 1)?.middle
    }

    /// Totals that have fallen are those of a store that was emptied or went back: how much they grew is not known.
    fileprivate mutating func count(from before: RoomFacts, to now: RoomFacts) {
        func growth(_ total: KeyPath<RoomFacts, Int>) -> Double? {
            now[keyPath: total] < before[keyPath: total] ? nil : Double(now[keyPath: total] - before[keyPath: total])
        }
        self[.enqueued] = growth(\.enqueuedTotal)
        self[.admitted] = growth(\.admittedTotal)
        self[.abandoned] = growth(\.abandonedTotal)
    }

    /// False for counts that have fallen: they lack an event loop that did not answer, and nothing can be counted from
    /// them.
    fileprivate mutating func count(from before: OriginCounts, to now: OriginCounts) -> Bool {
        guard now.requests >= before.requests, now.errors >= before.errors,
            let durations = now.durations.since(before.durations)
        else { return false }
        self[.originRequests] = Double(now.requests - before.requests)
        self[.originErrors] = Double(now.errors - before.errors)
        self[.originLatencySecondsP50] = durations.quantile(0.5)
        self[.originLatencySecondsP95] = durations.quantile(0.95)
        return true
    }
}
