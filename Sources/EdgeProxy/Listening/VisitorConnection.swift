/// A connection of a visitor, or a stream of one, as far as the whole gate's end concerns it.
protocol VisitorConnection: DeadlineOwner {
    /// A shutdown has begun: what is idle closes, what runs comes to its end.
    func drain()

    /// Closes at once.
    func closeNow()
}
