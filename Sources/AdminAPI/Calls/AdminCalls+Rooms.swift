import Hummingbird
import QueueStore
import RoomConfiguration
import WaitingRoom

/// Rooms and their numbers.
extension AdminCalls {
    /// How far back a history may go, in minutes.
    static let historySpan = 1...360

    var roomCalls: [AdminCall] {
        [
            AdminCall(.get, Self.root + "/rooms", needs: .viewer) { _ async throws(Problem) in try await rooms() },
            AdminCall(.get, Self.room, needs: .viewer) { request async throws(Problem) in
                answer(of: try await facts(of: try configured(request).id))
            },
            AdminCall(.get, Self.room + "/history", needs: .viewer) { request async throws(Problem) in
                try await history(request)
            },
        ]
    }

    private func rooms() async throws(Problem) -> Response {
        var answers: [RoomAnswer] = []
        for room in services.rooms() { answers.append(shown(try await facts(of: room.id))) }
        return .json { [answers] in
            $0.member("rooms", objects: answers) { json, room in room.write(&json) }
        }
    }

    /// The room as it is now.
    func answer(of facts: RoomFacts) -> Response {
        let answer = shown(facts)
        return .json { answer.write(&$0) }
    }

    private func shown(_ facts: RoomFacts) -> RoomAnswer {
        let room = facts.settings.id
        return RoomAnswer(
            facts: facts, isShadow: services.isShadow(room), estimate: services.estimate(room, facts.waiting + 1))
    }

    private func history(_ request: AdminRequest) async throws(Problem) -> Response {
        let room = try configured(request)
        let minutes = try request.number("minutes", in: Self.historySpan, or: 180)
        let known = await services.history?.series(of: room.id, minutes: minutes)
        let series = known ?? RoomSeries(interval: .seconds(10), from: services.clock(), columns: [:])
        let length = series.columns.values.map(\.count).max() ?? 0
        return .json {
            $0.member("interval_seconds", Int(series.interval.count / 1000))
            $0.member("from", series.from)
            $0.member(
                "series",
                object: { json in
                    for column in RoomSeries.Column.allCases {
                        let values = series.columns[column] ?? Array(repeating: nil, count: length)
                        json.member(column.rawValue, numbers: values)
                    }
                })
        }
    }
}
