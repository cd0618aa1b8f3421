import WaitingRoom

/// A visitor's connection, in whatever protocol: what a loop asks of all of them together.
protocol VisitorConnection: DeadlineOwner {
    /// How long it has been without a request; nil while one runs.
    var idleTime: Milliseconds? { get }
    /// A shutdown has begun: what runs ends, what comes within a moment is still answered, and then the connection ends.
    func drain()
    func closeNow()
}

extension VisitorConnection {
    /// How long a connection without a request is kept in a shutdown, for a request that is on its way already.
    static var drainGrace: Milliseconds { .seconds(1) }
}
