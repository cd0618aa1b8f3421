import WaitingRoom

/// What an old process tells the new one while it drains: what visitors on its connections did with sessions that the new
/// one has now. One line of words each.
enum DrainNote: Hashable {
    case used(SessionID, PositionID, pageViews: Int, RoomID)
    case ended(SessionID, SessionEnd, RoomID)

    var line: String {
        switch self {
        case .used(let session, let position, let pageViews, let room):
            "used \(session) \(position) \(pageViews) \(room)"
        case .ended(let session, let end, let room): "ended \(session) \(end.rawValue) \(room)"
        }
    }

    /// Nil if it is no such line.
    init?(_ line: String) {
        let words = line.split(separator: " ")
        guard words.count > 3, let session = SessionID(words[1]), let room = RoomID(words[words.count - 1]) else {
            return nil
        }
        switch words[0] {
        case "used":
            guard words.count == 5, let position = PositionID(words[2]), let pageViews = Int(words[3]), pageViews >= 0
            else { return nil }
            self = .used(session, position, pageViews: pageViews, room)
        case "ended":
            guard words.count == 4, let end = SessionEnd(rawValue: String(words[2])) else { return nil }
            self = .ended(session, end, room)
        default: return nil
        }
    }
}
