package import WaitingRoom

/// Where a store's events go before a step is acknowledged.
///
/// The store appends under its own lock, so the log's order is the order of the steps, and awaits `durable` outside of
/// it, so nobody waits for a disk while holding a lock.
package protocol EventLog: Sendable {
    /// Sets who is told of events that have become durable: in order, one batch at a time, before the step that made
    /// them returns. Called once, before the first append. The observer must not block.
    func deliver(to observer: @escaping @Sendable ([RoomEvent]) -> Void)

    /// Throws while the log cannot write or is closed, and makes it try again. O(1).
    func requireWritable() throws(StoreError)

    /// Takes entries in; does no I/O and never waits.
    /// - Parameter rooms: all rooms as they are after these entries. Called, before this returns, when the log wants to
    ///   begin anew from there; copying a room is cheap.
    /// - Returns: what to ask `durable` for.
    func append(_ entries: [LogEntry], rooms: () -> [Room]) -> LogTicket

    /// Returns once everything up to `ticket` survives the end of this process.
    /// - Throws: `unavailable` if the write failed. It is repeated, so the entries may become durable later.
    func durable(_ ticket: LogTicket) async throws(StoreError)

    /// Takes nothing more in. `rooms` is the last state.
    func seal(_ rooms: [Room])

    /// Brings everything to the disk and lets go of it; `seal` comes first.
    func close() async throws(StoreError)
}

/// What a log keeps.
package enum LogEntry: Hashable, Sendable {
    case event(RoomEvent)
    /// A room's total of heartbeats, which are not events.
    case heartbeats(RoomID, total: Int)
}

/// A place in a log: everything appended so far.
package struct LogTicket: Hashable, Sendable, Comparable {
    let position: UInt64

    /// Before the first append.
    static let start = LogTicket(position: 0)

    package static func < (a: Self, b: Self) -> Bool { a.position < b.position }
}
