import AdminAPI
import DragonflyStore
import QueueStore
import WaitingRoom

/// The audit of a shared store: kept there, so that every gate has all of it.
struct SharedAudit: AuditLog {
    let store: DragonflyStore

    func append(_ entries: [AuditEntry]) async throws(StoreError) {
        try await store.appendAudit(entries.map { String(decoding: $0.json, as: UTF8.self) }, keeping: AuditEntry.kept)
    }

    func latest(_ limit: Int) async throws(StoreError) -> [AuditEntry] {
        // A gate that ends between telling of an event and removing it has the next one tell of it again.
        var known: Set<String> = []
        return try await store.audit(AuditEntry.kept).compactMap { AuditEntry(json: Array($0.utf8)) }
            .filter { known.insert("\($0.room)-\($0.sequence)-\($0.time.milliseconds)").inserted }
            .prefix(limit).map(\.self)
    }
}
