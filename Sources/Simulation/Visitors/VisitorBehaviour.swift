package import WaitingRoom

/// What visitors do of their own accord.
package struct VisitorBehaviour: Hashable, Sendable {
    /// How long something takes.
    package enum Length: Hashable, Sendable {
        case fixed(Milliseconds)
        /// So long on average; most are shorter, some much longer.
        case exponential(mean: Milliseconds)
    }

    /// From a visitor's first request to the last one.
    package var session: Length
    /// The part that ends with a completion, which frees the slot at once. The others just go, and their slot is free when
    /// `session_timeout` has passed.
    package var completing = 1.0
    /// From the admission to the first request of the session.
    package var claimDelay = Milliseconds.seconds(1)
    /// The part that leaves the line, with a word, when they have waited for as long as their patience lasts.
    package var leaving = 0.0
    /// The part that falls silent then: a closed laptop.
    package var silent = 0.0
    /// How long the patience of these lasts on average; exponentially distributed.
    package var patience = Milliseconds.minutes(10)

    package init(session: Length) { self.session = session }
}
