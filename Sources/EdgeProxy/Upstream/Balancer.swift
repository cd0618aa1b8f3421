/// One of several that a request may go to.
protocol BalancedEndpoint: AnyObject {
    var health: EndpointHealth { get }
    /// Requests that run there at this moment.
    var running: Int { get }
    /// Derived from its name, so that it is the same at every gate.
    var seed: UInt64 { get }
}

/// Chooses among the endpoints of a target.
struct Balancer {
    enum Choice: Equatable {
        case healthy(Int)
        /// Out, and this request is to find out whether it is still.
        case trial(Int, isLastResort: Bool)
        case none
    }

    /// Where the next search begins, so that equals take turns.
    private var turn = 0

    /// - Parameters:
    ///   - tried: a bit for each endpoint that this request has been to.
    ///   - key: of the session, for sticky targets: it decides among those that are in. Nil: the one with the fewest
    ///     running requests.
    ///   - mayTry: the request could be sent again elsewhere, so that a trial harms nobody.
    ///   - now: in microseconds.
    /// - Complexity: O(endpoints).
    mutating func choose<Endpoint: BalancedEndpoint>(
        among endpoints: ContiguousArray<Endpoint>, tried: UInt64 = 0, key: UInt64?, mayTry: Bool, now: Int64
    ) -> Choice {
        let count = endpoints.count
        turn = turn + 1 < count ? turn + 1 : 0
        var best: (index: Int, weight: UInt64)?
        var due: (index: Int, weight: UInt64)?
        var lastResort: Int?
        for offset in 0..<count {
            let index = turn + offset < count ? turn + offset : turn + offset - count
            guard tried & 1 << UInt64(index) == 0 else { continue }
            let endpoint = endpoints[index]
            if endpoint.health.isIn {
                let weight = key.map { Self.weight(of: $0, at: endpoint.seed) } ?? UInt64.max - UInt64(endpoint.running)
                if best.map({ weight > $0.weight }) ?? true { best = (index, weight) }
            } else if endpoint.health.mayTry(at: now, isLastResort: false) {
                let weight = key.map { Self.weight(of: $0, at: endpoint.seed) } ?? UInt64.max
                if due.map({ weight > $0.weight }) ?? true { due = (index, weight) }
            } else if endpoint.health.mayTry(at: now, isLastResort: true) {
                lastResort = lastResort ?? index
            }
        }
        guard let best else {
            if let trial = due?.index ?? lastResort { return .trial(trial, isLastResort: true) }
            return .none
        }
        // A session that sticks elsewhere has nothing to do there.
        if mayTry, let due, due.weight > best.weight || key == nil { return .trial(due.index, isLastResort: false) }
        return .healthy(best.index)
    }

    /// Rendezvous hashing (Thaler, Ravishankar 1998): the highest weight wins, so only the sessions of an endpoint that
    /// goes move, and they come back with it.
    static func weight(of key: UInt64, at seed: UInt64) -> UInt64 { mixed(key ^ seed) }

    /// FNV-1a, then mixed.
    static func hash(_ bytes: some Sequence<UInt8>) -> UInt64 {
        mixed(bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 })
    }

    /// The finaliser of SplitMix64 (Steele, Lea, Flood 2014).
    static func mixed(_ value: UInt64) -> UInt64 {
        var value = value
        value = (value ^ value >> 30) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ value >> 27) &* 0x94d0_49bb_1331_11eb
        return value ^ value >> 31
    }
}
