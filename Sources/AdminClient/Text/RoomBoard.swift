/// The rooms as they were at the last look, and what is wrong since.
package struct RoomBoard: Sendable {
    private let every: Int
    private var rooms: [RoomReport] = []
    private var trouble: String?

    /// - Parameter every: seconds from one look to the next.
    package init(every: Int) { self.every = every }

    /// Whether there was a look that showed something.
    package var hasRooms: Bool { !rooms.isEmpty }

    package mutating func show(_ rooms: [RoomReport]) {
        self.rooms = rooms
        trouble = nil
    }

    /// The gate did not answer.
    package mutating func miss(_ trouble: String) { self.trouble = trouble }

    /// - Parameters:
    ///   - width: of the terminal; nil: no limit.
    ///   - height: of the terminal; nil: no limit.
    package func lines(width: Int?, height: Int?, _ paint: Paint) -> [String] {
        let seen = rooms.compactMap(\.time).max().map { "\(Words.clock($0)) UTC" } ?? "now"
        var head: [String] = []
        if let trouble {
            head.append(paint(cut("As of \(seen): \(trouble)", width), .bad))
        } else {
            let waiting = rooms.reduce(0) { $0 + $1.waiting }
            let inside = rooms.reduce(0) { $0 + $1.slotsInUse }
            head.append(
                paint(
                    cut(
                        "\(seen), every \(every) s: \(Words.count(waiting)) waiting, \(Words.count(inside)) in use",
                        width),
                    .faint))
        }
        // One line stays free for the cursor.
        return head + RoomTable(rooms).lines(width: width, height: height.map { $0 - head.count - 1 }, paint)
    }

    private func cut(_ text: String, _ width: Int?) -> String {
        width.map { text.printable.cut(to: $0) } ?? text.printable
    }
}
