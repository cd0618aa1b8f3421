import EdgeProxy
import HostSystem
import Logging
import NIOCore
import RoomConfiguration
import ServiceLifecycle
import Synchronization

/// Looks at the process's memory ten times a second, and says in the log when visitors are kept out or turned away.
final class OverloadWatch: Service {
    /// What the metrics say.
    struct Memory: Hashable, Sendable {
        var resident = 0
        /// Nil: none.
        var limit: Int?
    }

    private let ledger: ConnectionLedger
    private let loops: [LoopHandle]
    private let state: Mutex<Memory>
    private let logger: Logger
    private static let interval = Duration.milliseconds(100)
    /// Between two log entries of one reason.
    private static let silence = Duration.seconds(60)

    init(ledger: ConnectionLedger, loops: [LoopHandle], limit: MemoryLimit, logger: Logger) {
        self.ledger = ledger
        self.loops = loops
        self.logger = logger
        state = Mutex(Memory(limit: Self.bytes(limit)))
    }

    func apply(_ limit: MemoryLimit) { state.withLock { $0.limit = Self.bytes(limit) } }

    private static func bytes(_ limit: MemoryLimit) -> Int? {
        switch limit {
        case .off: nil
        case .bytes(let bytes): bytes
        case .automatic: ProcessMemory.available.map { $0 / 4 * 3 }
        }
    }

    var memory: Memory { state.withLock { $0 } }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var isShort = false
            var nextTrim = ContinuousClock.now
            var nextLook = ContinuousClock.now
            var journal = Journal()
            while !Task.isCancelled {
                isShort = self.weigh(wasShort: isShort)
                let now = ContinuousClock.now
                if isShort, nextTrim <= now {
                    ProcessMemory.trim()
                    nextTrim = now + .seconds(1)
                }
                if nextLook <= now {
                    nextLook = now + .seconds(1)
                    await self.report(&journal, now)
                }
                try? await Task.sleep(for: Self.interval)
            }
        }
    }

    /// Scarce from nine tenths of the limit on, until it is below eight.
    private func weigh(wasShort: Bool) -> Bool {
        guard let resident = ProcessMemory.resident else { return false }
        let limit = state.withLock { state in
            state.resident = resident
            return state.limit
        }
        guard let limit else {
            ledger.setMemory(nil)
            return false
        }
        let isShort = resident > limit / 10 * (wasShort ? 8 : 9)
        ledger.setMemory(isShort ? .memory(resident: resident, limit: limit) : nil)
        return isShort
    }

    // MARK: The log

    /// What was said, and when.
    private struct Journal {
        var refusals: [ConnectionLedger.Refusal: (count: Int, next: ContinuousClock.Instant)] = [:]
        var isPaused = false
        var nextPause = ContinuousClock.now
    }

    private func report(_ journal: inout Journal, _ now: ContinuousClock.Instant) async {
        let shortage = ledger.shortage
        if shortage == nil, journal.isPaused {
            journal.isPaused = false
            logger.notice("Visitors are accepted again")
        } else if let shortage, !journal.isPaused, journal.nextPause <= now {
            journal.isPaused = true
            journal.nextPause = now + Self.silence
            logger.warning("Accepting is paused: the process has no room for more", metadata: ["scarce": "\(shortage)"])
        }
        var refusals: [ConnectionLedger.Refusal: Int] = [:]
        for handle in loops {
            let counts = try? await handle.eventLoop.submit { handle.gate.value.counters.refusals }.get()
            refusals.merge(counts ?? [:], uniquingKeysWith: +)
        }
        for (reason, count) in refusals {
            let said = journal.refusals[reason] ?? (0, now)
            guard count > said.count, said.next <= now else { continue }
            journal.refusals[reason] = (count, now + Self.silence)
            logger.warning(
                "Connections were refused",
                metadata: ["reason": "\(reason.rawValue)", "connections": "\(count - said.count)"])
        }
    }
}
