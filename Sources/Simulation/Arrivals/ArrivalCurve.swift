package import WaitingRoom

/// How many visitors come when: pieces of time, one behind the other, in each of which they come at an even rate.
package struct ArrivalCurve: Hashable, Sendable {
    package struct Piece: Hashable, Sendable {
        /// From the beginning of the curve.
        package var start: Milliseconds
        package var length: Milliseconds
        /// How many come in it: whole where the curve counts visitors, any number where it gives rates or a shape.
        package var visitors: Double
    }

    /// Where within its piece a visitor comes.
    package enum Placement: Hashable, Sendable {
        /// One after the other at equal distances, the first at the beginning: `n` at a moment of which each is known.
        case even
        /// At random, as people do who know nothing of each other, but so many in all.
        case random
    }

    /// Ascending, without overlap; never empty.
    package private(set) var pieces: [Piece]
    package private(set) var placement: Placement
    /// How many come in all.
    package private(set) var visitors: Int

    package init(_ pieces: [Piece], placement: Placement) {
        self.pieces = pieces
        self.placement = placement
        let sum = pieces.reduce(0) { $0 + $1.visitors }
        visitors = Int(sum.rounded())
    }

    /// The same curve for another number of visitors, at random moments.
    package func scaled(to visitors: Int) -> ArrivalCurve {
        let sum = pieces.reduce(0) { $0 + $1.visitors }
        let factor = sum > 0 ? Double(visitors) / sum : 0
        var scaled = self
        for index in scaled.pieces.indices { scaled.pieces[index].visitors *= factor }
        scaled.visitors = sum > 0 ? visitors : 0
        scaled.placement = .random
        return scaled
    }

    /// From the beginning of the curve to the end of its last piece.
    package var length: Milliseconds {
        pieces.last.map { Milliseconds($0.start.count + $0.length.count) } ?? Milliseconds(0)
    }
}
