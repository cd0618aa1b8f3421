import WaitingRoom

/// How a room's numbers change, from the looks of the last minute.
struct RoomFlow: Hashable, Sendable {
    private struct Look: Hashable, Sendable {
        var time: Timestamp
        var admitted: Int
        var waiting: Int
    }

    private static let span = Milliseconds.minutes(1)
    /// Looks less than this apart say nothing.
    private static let least = Milliseconds.seconds(1)

    private var looks: [Look] = []

    /// Takes in one more look; those that are older than a minute are forgotten.
    mutating func observe(_ room: RoomReport) {
        guard let time = room.time.flatMap({ Words.moment($0) }), let admitted = room.admittedTotal else { return }
        // A gate that was restored may count less than before, and its clock may be another.
        if let last = looks.last, last.admitted > admitted || last.time > time { looks = [] }
        looks.append(Look(time: time, admitted: admitted, waiting: room.waiting))
        looks.removeAll { time - $0.time > Self.span }
    }

    /// How many were let in; nil if it is too early to say.
    var admittedPerMinute: Int? { perMinute(\.admitted) }

    /// By how many the line has grown, or shrunk if it is below 0; nil if it is too early to say.
    var growthPerMinute: Int? { perMinute(\.waiting) }

    private func perMinute(_ number: KeyPath<Look, Int>) -> Int? {
        guard let first = looks.first, let last = looks.last, last.time - first.time >= Self.least else { return nil }
        let change = Double(last[keyPath: number] - first[keyPath: number])
        return Int((change * 60 / (last.time - first.time).seconds).rounded())
    }
}
