/// How those are put in order who came in the pre-queue. Its seed is fixed, and its hash published, when the pre-queue
/// starts; the order follows from the seed and the ids of the positions, so it is known at each join and shown at the
/// opening.
package struct Draw: Hashable, Sendable {
    package let seed: DrawSeed
    /// When the pre-queue started: the shuffle window of all who are drawn.
    package let since: Timestamp
    /// The sequence of the last join before that.
    package let lastJoin: UInt64
    /// The seed is published and the order shown; nobody joins the draw any more.
    package var isRevealed: Bool

    package init(seed: DrawSeed, since: Timestamp, lastJoin: UInt64, isRevealed: Bool = false) {
        self.seed = seed
        self.since = since
        self.lastJoin = lastJoin
        self.isRevealed = isRevealed
    }

    package var published: PublishedDraw {
        PublishedDraw(commitment: seed.commitment, seed: isRevealed ? seed : nil)
    }
}

/// What anybody may know of a draw.
package struct PublishedDraw: Hashable, Sendable {
    package var commitment: DrawCommitment
    /// Nil before the opening.
    package var seed: DrawSeed?

    package init(commitment: DrawCommitment, seed: DrawSeed?) {
        self.commitment = commitment
        self.seed = seed
    }
}

/// The event with which a draw begins.
package struct DrawStart: Hashable, Sendable {
    package var commitment: DrawCommitment
    /// Nil only in a record that was published: no room can be rebuilt from it.
    package var seed: DrawSeed?
    /// The sequence of the last join before the pre-queue.
    package var lastJoin: UInt64

    package init(commitment: DrawCommitment, seed: DrawSeed?, lastJoin: UInt64) {
        self.commitment = commitment
        self.seed = seed
        self.lastJoin = lastJoin
    }
}

/// The event that ends it: from here on everybody can compute the order.
package struct DrawEnd: Hashable, Sendable {
    package var seed: DrawSeed
    /// The sequence of the last join that takes part.
    package var lastJoin: UInt64

    package init(seed: DrawSeed, lastJoin: UInt64) {
        self.seed = seed
        self.lastJoin = lastJoin
    }
}
