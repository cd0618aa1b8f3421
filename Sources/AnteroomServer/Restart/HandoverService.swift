import EdgeProxy
import HostSystem
import Logging
import NIOCore
import RoomConfiguration
import ServiceLifecycle
import Synchronization
import UnixSignals
import WaitingRoom

/// On SIGUSR2: has a new process of the program on disk go on in this one's place, with the same listening sockets and
/// the same line. Until the new one serves visitors, everything can be taken back; then this one drains.
///
/// Who connects while the store is on its way waits in a backlog that both processes hold open.
final class HandoverService: Service {
    /// What moves, or ends, in the course of a handover.
    struct Parts: Sendable {
        let listener: GateListener
        let ledger: ConnectionLedger
        let loops: [LoopHandle]
        let line: LineStore
        let gate: StoreGate
        let flusher: ActivityFlusher
        let admin: AdminService
        let notifier: ServiceNotifier
    }

    enum Outcome: String, Sendable, CaseIterable {
        case succeeded, failed
    }

    private let signals: UnixSignalsSequence
    private let parts: Parts
    private let program: Program
    private let environment: [String: String]
    private let limit: Mutex<Milliseconds>
    private let counts: Mutex<[Outcome: Int]>
    private let isRunning = Atomic(false)
    private let hasMoved = Atomic(false)
    private let logger: Logger

    init(
        signals: UnixSignalsSequence, parts: Parts, program: Program, environment: [String: String],
        isSuccessor: Bool, limit: Milliseconds, logger: Logger
    ) {
        self.signals = signals
        counts = Mutex(isSuccessor ? [.succeeded: 1] : [:])
        self.parts = parts
        self.program = program
        self.environment = environment
        self.limit = Mutex(limit)
        self.logger = logger
    }

    /// A handover that has begun keeps the time that it began with.
    func apply(limit: Milliseconds) { self.limit.withLock { $0 = limit } }

    /// How many attempts of this process have failed; and one has succeeded if it came by it.
    func count(_ outcome: Outcome) -> Int { counts.withLock { $0[outcome] ?? 0 } }

    /// Another process is the gate.
    var isOver: Bool { hasMoved.load(ordering: .acquiring) }

    /// Returns when a handover has succeeded, or the gate is told to stop, which ends one that runs.
    func run() async throws {
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { group in
                for await _ in self.signals {
                    guard !self.isOver, !self.isRunning.exchange(true, ordering: .acquiringAndReleasing) else {
                        self.logger.notice("SIGUSR2: another process is on its way already")
                        continue
                    }
                    group.addTask {
                        await self.attempt()
                        self.isRunning.store(false, ordering: .releasing)
                    }
                }
            }
        }
    }

    private func attempt() async {
        let successor: Successor
        do {
            successor = try Successor.start(
                program, environment: environment, sockets: parts.listener.sockets)
        } catch {
            fail(error)
            return
        }
        logger.notice(
            "SIGUSR2: a new process is to take over",
            metadata: ["pid": "\(successor.process.id)", "program": "\(program.path)"])
        do {
            try await handOver(to: successor)
        } catch {
            await successor.process.kill()
            fail(error)
        }
    }

    private func fail(_ error: any Error) {
        counts.withLock { $0[.failed, default: 0] += 1 }
        logger.error("The new process did not take over; this one goes on", metadata: ["error": "\(error)"])
    }

    private func handOver(to successor: Successor) async throws {
        let limit = Duration.milliseconds(limit.withLock { $0.count })
        try await successor.channel.expect(.ready, within: limit)
        let start = ContinuousClock.now
        await parts.listener.pause()
        do {
            try await giveStore(to: successor, limit)
        } catch {
            // Dead before anything is opened again: two processes never write one journal.
            await successor.process.kill()
            await takeBack()
            throw error
        }
        hasMoved.store(true, ordering: .releasing)
        parts.notifier.movedTo(successor.process.id)
        for handle in parts.loops {
            try? await handle.eventLoop.submit { handle.gate.value.drain() }.get()
        }
        if parts.line.isPrivate { parts.gate.moveAway(to: successor.channel) }
        for socket in parts.listener.sockets { socket.close() }
        await parts.admin.leave()
        logger.notice(
            "The new process serves visitors; this one drains",
            metadata: ["pid": "\(successor.process.id)", "gap": "\(ContinuousClock.now - start)"])
        // Through the same door as an operator's.
        Termination.request()
    }

    private func giveStore(to successor: Successor, _ limit: Duration) async throws {
        if parts.line.isPrivate {
            await parts.flusher.flush()
            await parts.gate.hold()
            await parts.flusher.flush(to: parts.line.store)
            try await parts.line.suspend()
        }
        successor.channel.send(.store)
        try await successor.channel.expect(.serving, within: limit)
    }

    /// Everything as it was.
    private func takeBack() async {
        do {
            try parts.line.resume()
        } catch {
            logger.critical(
                "The store cannot be opened again: nobody can join until a restart", metadata: ["error": "\(error)"])
        }
        parts.gate.open()
        do {
            try await parts.listener.accept(
                on: parts.loops.map(\.gate), parts.loops.map(\.eventLoop), burst: parts.ledger.burst)
        } catch {
            logger.critical("Nobody is accepted until a restart", metadata: ["error": "\(error)"])
        }
    }
}
