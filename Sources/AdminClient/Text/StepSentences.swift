package import WaitingRoom

extension AdmitTally {
    /// What became of `count` that were asked for.
    package func sentence(asked count: Int, in room: RoomID) -> String {
        let start = "\(room): \(Words.count(admitted, "was", "were")) let in"
        if admitted == count { return "\(start); \(Words.count(waiting, "waits", "wait"))." }
        guard waiting > 0 else { return "\(start); nobody waits any more." }
        return
            "\(start) of \(Words.count(count)), for no more slots are free; \(Words.count(waiting, "waits", "wait"))."
    }

    /// As the gate answers one call.
    package var json: String { #"{"admitted":\#(admitted),"waiting":\#(waiting)}"# }
}

extension DrainTally {
    package func sentence(of scope: DrainScope, in room: RoomID) -> String {
        let what =
            switch scope {
            case .line: Words.count(ended, "place in line was", "places in line were")
            case .sessions: Words.count(ended, "session was", "sessions were")
            case .all: Words.count(ended, "place or session was", "places and sessions were")
            }
        return "\(room): \(what) ended."
    }

    /// As the gate answers one step.
    package var json: String {
        #"{"ended":\#(ended),"remaining":\#(remaining),"until":\#(until.map { "\($0)" } ?? "null")}"#
    }
}

/// One position or session that was ended, which the gate answers with nothing.
package struct Ending: Hashable, Sendable {
    package enum Kind: String, Hashable, Sendable { case position, session }

    private let room: RoomID
    private let kind: Kind
    private let id: String

    package init(room: RoomID, kind: Kind, id: String) {
        self.room = room
        self.kind = kind
        self.id = id
    }

    package var sentence: String { "\(room): \(kind.rawValue) \(id) was ended." }

    package var json: String {
        JSONValue.object([
            "queue_id": .string(room.text), "\(kind.rawValue)_id": .string(id), "status": .string("terminated"),
        ]).description
    }
}
