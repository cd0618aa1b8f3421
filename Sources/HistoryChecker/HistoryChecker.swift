package import WaitingRoom

/// Checks a recorded history, of any number of rooms, against the invariants 1 to 4 of docs/ARCHITECTURE.md.
///
/// Shares no code with what makes histories, and takes nothing but events: so it also judges a run of several gates on
/// another store. O(log n) an event.
package struct HistoryChecker: Sendable {
    package private(set) var violations: [Violation] = []
    private var rooms: [RoomID: RoomHistory] = [:]

    package init() {}

    /// Takes the next event; those of one room must come in the order in which they were recorded.
    package mutating func observe(_ event: RoomEvent) {
        rooms[event.room, default: RoomHistory(room: event.room)].observe(event, &violations)
    }

    /// Reports those of `positions` that the history so far does not know: somebody was told that they have a place.
    package mutating func requireKnown(_ positions: some Sequence<PositionID>, in room: RoomID) {
        for position in positions where rooms[room]?.knows(position) != true {
            violations.append(
                Violation(
                    rule: .state, room: room, sequence: 0, message: "acknowledged position \(position) was lost"))
        }
    }

    /// The violations of a whole history.
    package static func violations(in events: some Sequence<RoomEvent>) -> [Violation] {
        var checker = HistoryChecker()
        for event in events { checker.observe(event) }
        return checker.violations
    }
}
