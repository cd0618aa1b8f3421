package import WaitingRoom

/// One call of the admin API, as it goes over the wire (docs/ADMIN_API.md).
package struct AdminCall: Sendable {
    enum Method: String { case get = "GET", patch = "PATCH", post = "POST", delete = "DELETE" }

    let method: Method
    /// Below `/admin/v1`. Ids and numbers need no escapes there.
    let path: String
    let body: [UInt8]?
    /// The room that it is about.
    let room: RoomID?
    let accepts: String

    private init(
        _ method: Method, _ path: String, body: JSONValue? = nil, room: RoomID? = nil,
        accepts: String = "application/json"
    ) {
        self.method = method
        self.path = room.map { "/rooms/\($0)\(path)" } ?? path
        self.body = body.map { Array($0.description.utf8) }
        self.room = room
        self.accepts = accepts
    }

    /// Answers a `RoomList`.
    package static var rooms: AdminCall { AdminCall(.get, "/rooms") }

    /// Answers a `RoomReport`.
    package static func show(_ room: RoomID) -> AdminCall { AdminCall(.get, "", room: room) }

    /// Answers a `RoomReport`.
    package static func override(_ room: RoomID, _ changes: OverrideChanges) -> AdminCall {
        AdminCall(.patch, "/overrides", body: changes.json, room: room)
    }

    /// Answers a `RoomReport`.
    package static func clearOverrides(of room: RoomID) -> AdminCall { AdminCall(.delete, "/overrides", room: room) }

    /// The most that one call admits.
    package static let admissionLimit = 10_000

    /// Answers an `AdmitTally`.
    /// - Parameter count: from 1 to `admissionLimit`.
    package static func admit(_ count: Int, to room: RoomID) -> AdminCall {
        AdminCall(.post, "/admit", body: .object(["count": .number("\(count)")]), room: room)
    }

    /// One step; answers a `DrainTally`.
    /// - Parameter until: as the step before answered it; nil in the first.
    package static func drain(_ scope: DrainScope, of room: RoomID, until: UInt64?) -> AdminCall {
        let members: [String: JSONValue] = [
            "scope": .string(scope.rawValue), "until": until.map { .number("\($0)") } ?? .null,
        ]
        return AdminCall(.post, "/drain", body: .object(members), room: room)
    }

    /// Answers a `PositionReport`.
    package static func show(_ position: PositionID, in room: RoomID) -> AdminCall {
        AdminCall(.get, "/positions/\(position)", room: room)
    }

    /// Answers a `PositionReport`.
    package static func moveToFront(_ position: PositionID, in room: RoomID) -> AdminCall {
        move(position, in: room, ["to": .string("front")])
    }

    /// Answers a `PositionReport`.
    package static func move(_ position: PositionID, toPriority priority: Int, in room: RoomID) -> AdminCall {
        move(position, in: room, ["priority": .number("\(priority)")])
    }

    private static func move(_ position: PositionID, in room: RoomID, _ target: [String: JSONValue]) -> AdminCall {
        AdminCall(.post, "/positions/\(position)/move", body: .object(target), room: room)
    }

    /// Answers nothing.
    package static func remove(_ position: PositionID, from room: RoomID) -> AdminCall {
        AdminCall(.delete, "/positions/\(position)", room: room)
    }

    /// Answers nothing.
    package static func end(_ session: SessionID, in room: RoomID) -> AdminCall {
        AdminCall(.delete, "/sessions/\(session)", room: room)
    }

    /// Answers an `AuditTrail`.
    package static func audit(limit: Int) -> AdminCall { AdminCall(.get, "/audit?limit=\(limit)") }

    /// Answers a stream of events, each a CloudEvent.
    /// - Parameter kind: such as `position.admitted`; letters, digits, dots and underscores.
    package static func events(of room: RoomID?, kind: String?) -> AdminCall {
        let query = [room.map { "queue_id=\($0)" }, kind.map { "kind=\($0)" }].compactMap(\.self)
        return AdminCall(
            .get, "/events" + (query.isEmpty ? "" : "?" + query.joined(separator: "&")), accepts: "text/event-stream")
    }
}
