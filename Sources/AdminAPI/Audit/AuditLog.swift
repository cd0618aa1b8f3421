package import QueueStore

/// Where it is kept what was done to rooms, and by whom: the latest entries, for all gates of a line.
package protocol AuditLog: Sendable {
    /// - Parameter entries: in the order of what happened.
    func append(_ entries: [AuditEntry]) async throws(StoreError)

    /// The latest entries, the newest first.
    /// - Parameter limit: at most `AuditEntry.kept`.
    func latest(_ limit: Int) async throws(StoreError) -> [AuditEntry]
}
