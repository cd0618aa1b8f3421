import AdminAPI
import ServiceLifecycle

/// Writes the audit as long as the gate runs.
struct AuditService: Service {
    let recorder: AuditRecorder
    let log: any AuditLog

    func run() async throws {
        await cancelWhenGracefulShutdown { await recorder.run(log) }
    }
}
