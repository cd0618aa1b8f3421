package import RoomConfiguration

/// What a row of checks says of an endpoint. It begins as up: a gate that starts serves at once.
package struct CheckedHealth {
    package private(set) var isUp = true
    /// Checks in a row that contradict `isUp`.
    private var contradictions = 0
    private let check: HealthCheck

    package init(_ check: HealthCheck) { self.check = check }

    /// True if this check turns the verdict.
    package mutating func note(isGood: Bool) -> Bool {
        guard isGood != isUp else {
            contradictions = 0
            return false
        }
        contradictions += 1
        guard contradictions >= (isUp ? check.unhealthyThreshold : check.healthyThreshold) else { return false }
        contradictions = 0
        isUp.toggle()
        return true
    }
}
