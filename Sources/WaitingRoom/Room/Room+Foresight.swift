/// What a simulation knows beforehand.
extension Room {
    /// Takes the signs of life of a waiting position, or the requests of a session, as given until `time`, which may lie
    /// ahead: as if a heartbeat, or a request without a page view, came at that moment and often enough before. O(1), no
    /// event. A sign that is given later sets the clock back to its own time.
    package mutating func expectSigns(of id: PositionID, until time: Timestamp) {
        _ = positions.update(id) { entry in
            if entry.status != .admitted { entry.renew(at: max(entry.moment, time)) }
        }
    }
}

/// The ids of a simulation's visitors. Whoever is near another in number lies near in a room's table, and what happens in a
/// step mostly happens to neighbours: so memory is asked for a few times in a step and not for each of them.
extension PositionID {
    /// So many neighbours lie in one part of the table.
    private static let neighbours: UInt64 = 4096

    /// A version 4 UUID (RFC 9562 §5.4) that tells the number.
    /// - Parameters:
    ///   - number: below 2^30.
    ///   - random: of its own.
    package init(simulated number: UInt32, random: UInt64) {
        let part = UInt64(number) / Self.neighbours % TableParts.count
        let any = 1 << 63 | 1 << 32 | random >> 3
        let hash = any - any % TableParts.count + part
        let high = UInt64(number) << 32 | random & 0xffff_0fff | 0x4000
        self.init(bits: UUIDBits(high: high, low: hash ^ high))
    }

    /// The number of one that was made from it.
    package var simulatedNumber: UInt32 { UInt32(truncatingIfNeeded: bits.high >> 32) }
}
