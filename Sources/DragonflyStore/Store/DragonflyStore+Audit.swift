package import QueueStore

extension DragonflyStore {
    /// One list for all rooms; a loss of the store loses it, and the event log has it still.
    private static let auditKey = "ar:audit"

    /// Adds texts, of which the last is the newest.
    /// - Parameter count: how many of the latest are kept.
    package func appendAudit(_ texts: [String], keeping count: Int) async throws(StoreError) {
        for text in texts.suffix(count) { _ = try await command("LPUSH", Self.auditKey, text) }
        _ = try await command("LTRIM", Self.auditKey, "0", "\(count - 1)")
    }

    /// The latest texts, the newest first.
    package func audit(_ limit: Int) async throws(StoreError) -> [String] {
        try await command("LRANGE", Self.auditKey, "0", "\(limit - 1)").array?.compactMap(\.text) ?? []
    }
}
