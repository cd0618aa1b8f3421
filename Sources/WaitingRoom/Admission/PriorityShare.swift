/// How a batch is divided between priority above 0 and priority 0 while both wait.
///
/// The fraction that a batch leaves over is carried to the next, so that batches of one at a share of one half
/// alternate.
struct PriorityShare: Hashable, Sendable {
    /// Thousandths of an admission, below 1000.
    private var carried = 0

    /// How many of a batch of `size` go to priority above 0.
    /// - Parameters:
    ///   - share: in thousandths of the batch.
    ///   - prioritised: how many of priority above 0 could be admitted.
    ///   - normal: how many of priority 0 could be admitted.
    mutating func prioritised(of size: Int, share: Int, prioritised: Int, normal: Int) -> Int {
        guard prioritised > 0, normal > 0 else { return min(size, prioritised) }
        let credit = carried + size * min(max(0, share), 1000)
        let allowed = min(credit / 1000, prioritised, size)
        carried = min(credit - allowed * 1000, 999)
        return max(allowed, min(prioritised, size - normal))
    }
}
