/// Who is let in, in which order; the names are those of Cloudflare Waiting Room.
package enum QueueingMethod: String, Hashable, Sendable, CaseIterable {
    /// In join order.
    case fifo
    /// Those who join within one shuffle window stand in random order.
    case random
    /// Nobody joins or is admitted; sessions go on.
    case reject
    /// Everybody is let through; no limit holds.
    case passthrough
}
