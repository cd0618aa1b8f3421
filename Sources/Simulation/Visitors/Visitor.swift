import WaitingRoom

/// One visitor, whose whole conduct follows from a number and the seed: so nothing of twenty million has to be kept.
struct Visitor {
    /// 0, 1, 2 … in the order of coming.
    let number: UInt32
    private let seed: UInt64

    init(_ number: UInt32, seed: UInt64) {
        self.number = number
        self.seed = seed
    }

    /// The visitor with this position.
    init(of id: PositionID, seed: UInt64) {
        self.init(id.simulatedNumber, seed: seed)
    }

    var position: PositionID {
        var generator = draws(.identity)
        return PositionID(simulated: number, random: generator.next())
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
