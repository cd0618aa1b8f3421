/// The rooms as they were at the last look, and what is wrong since.
package struct RoomBoard: Sendable {
    private let every: Int
    private var rooms: [RoomReport] = []
    private var flows: [String: RoomFlow] = [:]
    private var trouble: String?

    /// - Parameter every: seconds from one look to the next.
    package init(every: Int) { self.every = every }

    /// Whether there was a look that showed something.
    package var hasRooms: Bool { !rooms.isEmpty }

    package mutating func show(_ rooms: [RoomReport]) {
        self.rooms = rooms
        trouble = nil
        // Rooms that are gone are forgotten.
        flows = Dictionary(
            rooms.map { room in
                var flow = flows[room.id] ?? RoomFlow()
                flow.observe(room)
                return (room.id, flow)
            }, uniquingKeysWith: { $1 })
    }

    /// The gate did not answer.
    package mutating func miss(_ trouble: String) { self.trouble = trouble }

    /// - `width`: of the terminal; nil: no limit.
    /// - `height`: of the terminal; nil: no limit.
    package func lines(width: Int?, height: Int?, _ paint: Paint) -> [String] {
        let seen = rooms.compactMap(\.time).max().map { "\(Words.clock($0)) UTC" } ?? "now"
        var head = paint(cut("\(seen), every \(every) s: \(sums)", width), .faint)
        if let trouble { head = paint(cut("As of \(seen): \(trouble)", width), .bad) }
        // One line stays free for the cursor.
        return [head] + RoomTable(rooms, flows: flows).lines(width: width, height: height.map { $0 - 2 }, paint)
    }

    private var sums: String {
        let waiting = rooms.reduce(0) { $0 + $1.waiting }
        let inside = rooms.reduce(0) { $0 + $1.slotsInUse }
        let changes = flows.values.compactMap(\.growthPerMinute)
        let growth = changes.reduce(0, +)
        let trend = changes.isEmpty ? "" : " (\(growth > 0 ? "+" : "")\(Words.count(growth)) a minute)"
        return "\(Words.count(waiting)) waiting\(trend), \(Words.count(inside)) in use"
    }

    private func cut(_ text: String, _ width: Int?) -> String {
        width.map { text.printable.cut(to: $0) } ?? text.printable
    }
}
