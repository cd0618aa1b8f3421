/// Counts that only grow.
package struct RoomTotals: Hashable, Sendable {
    package var enqueued = 0
    package var admitted = 0
    /// Expired or left while waiting.
    package var abandoned = 0
    /// Taken out of the line by an operator.
    package var removed = 0
    /// Positions that expired, waiting or unclaimed.
    package var expired = 0
    /// Positions of those who came back after a missed turn; they count as enqueued too.
    package var returned = 0
    /// Uses of passes.
    package var passesUsed = 0
    /// Signs of life of positions. Not an event: whoever keeps the events keeps this beside them.
    package var heartbeats = 0

    package init() {}
}
