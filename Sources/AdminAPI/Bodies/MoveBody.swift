import APIBodies
import WaitingRoom

/// The body of `POST move`: one of two targets.
struct MoveBody: CallBody {
    static let priorities = 0...1000

    let target: MoveTarget

    init(_ bytes: [UInt8]) throws(BodyMistake) {
        let whole = "send {\"to\": \"front\"} or {\"priority\": 5}"
        let body = try BodyObject(bytes, names: ["to", "priority"], remedy: whole)
        let priority = try body.number(
            "priority", in: Self.priorities,
            remedy: "write a whole number from \(Self.priorities.lowerBound) to \(Self.priorities.upperBound)")
        let place = try body.text("to", remedy: "write front")
        switch (place, priority) {
        case ("front"?, nil): target = .front
        case (nil, let priority?): target = .priority(priority)
        case (nil, nil): throw BodyMistake(at: ["to"], "there is no target", whole)
        case (_?, nil): throw BodyMistake(at: ["to"], "to is no place in line", "write front")
        case (_?, _?): throw BodyMistake(at: ["priority"], "there are two targets", whole)
        }
    }
}
