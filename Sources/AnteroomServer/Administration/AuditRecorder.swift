import AdminAPI
import Logging
import QueueStore
import WaitingRoom

/// Has the audit keep what the events say of it, beside the steps that make them.
final class AuditRecorder: Sendable {
    private let trail = AuditTrail()
    private let entries: AsyncStream<[AuditEntry]>
    private let arrived: AsyncStream<[AuditEntry]>.Continuation
    private let logger: Logger

    /// Steps that may wait to be written; those beyond are lost to the audit, not to the event log.
    private static let backlog = 1000
    /// Between two attempts.
    private static let pause = Duration.seconds(1)

    init(logger: Logger) {
        (entries, arrived) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(Self.backlog))
        self.logger = logger
    }

    /// Takes in what has happened, in order. Never waits.
    func observe(_ events: [RoomEvent]) {
        let new = trail.entries(of: events)
        if !new.isEmpty { arrived.yield(new) }
    }

    /// Writes what comes, until the task is cancelled.
    func run(_ log: any AuditLog) async {
        for await new in entries {
            var isFailing = false
            while !Task.isCancelled {
                do throws(StoreError) {
                    try await log.append(new)
                    break
                } catch {
                    if !isFailing { logger.error("The audit is not written", metadata: ["error": "\(error)"]) }
                    isFailing = true
                    try? await Task.sleep(for: Self.pause)
                }
            }
        }
    }
}
