import WaitingRoom

/// One visitor, whose whole conduct follows from a number and the seed: so nothing of twenty million has to be kept.
struct Visitor {
    /// 0, 1, 2 … in the order of coming.
    let number: UInt32
    private let seed: UInt64

    /// Odd, so the multiplication can be undone; `inverse` does that, modulo 2^62.
    private static let factor: UInt64 = 0x1e37_79b9_7f4a_7c15
    private static let inverse = (0..<6).reduce(factor) { inverse, _ in inverse &* (2 &- factor &* inverse) }
    private static let mask: UInt64 = 1 << 62 - 1

    init(_ number: UInt32, seed: UInt64) {
        self.number = number
        self.seed = seed
    }

    /// The visitor with this position.
    init(of id: PositionID, seed: UInt64) {
        self.init(UInt32(truncatingIfNeeded: (id.bits.low & Self.mask) &* Self.inverse), seed: seed)
    }

    /// A version 4 UUID (RFC 9562 §5.4) that tells the number.
    var position: PositionID {
        var generator = draws(.identity)
        return PositionID(
            bits: UUIDBits(
                high: generator.next() & 0xffff_ffff_ffff_0fff | 0x4000,
                low: UInt64(number) &* Self.factor & Self.mask | 0x8000_0000_0000_0000))
    }

    var session: SessionID { SessionID(of: position) }

    /// What a visitor does who does not wait to the end.
    enum Farewell {
        case leaves, fallsSilent
    }

    /// Nil for those who wait as long as it takes; else what happens after how long.
    func farewell(_ behaviour: VisitorBehaviour) -> (Farewell, after: Milliseconds)? {
        guard behaviour.leaving + behaviour.silent > 0 else { return nil }
        var generator = draws(.patience)
        let lot = generator.part()
        guard lot < behaviour.leaving + behaviour.silent else { return nil }
        let patience = Milliseconds(Int64(generator.exponential() * Double(behaviour.patience.count)))
        return (lot < behaviour.leaving ? .leaves : .fallsSilent, patience)
    }

    /// How long the session is used, and whether it ends with a completion.
    func stay(_ behaviour: VisitorBehaviour) -> (length: Milliseconds, completes: Bool) {
        var generator = draws(.stay)
        let completes = behaviour.completing >= 1 || generator.part() < behaviour.completing
        switch behaviour.session {
        case .fixed(let length): return (length, completes)
        case .exponential(let mean):
            return (Milliseconds(Int64(generator.exponential() * Double(mean.count))), completes)
        }
    }

    private enum Purpose: UInt64 {
        case identity, patience, stay
    }

    /// Random numbers of this visitor's own for one purpose.
    private func draws(_ purpose: Purpose) -> SplitMix {
        var mixed = SplitMix(state: seed ^ UInt64(number) << 2 ^ purpose.rawValue)
        return SplitMix(state: mixed.next())
    }
}
