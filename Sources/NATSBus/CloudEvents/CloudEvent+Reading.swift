package import WaitingRoom

extension CloudEvent {
    /// The event that a text in JSON says, as `CloudEvent` writes it.
    /// - Throws: what is wrong with the text, for a person. Nil: it is no event of a room's, but the note of a restoration.
    package static func event(reading json: [UInt8]) throws -> RoomEvent? {
        guard case .event(let event, _) = try LoggedEvent(json: json) else { return nil }
        return event
    }
}
