import Hummingbird
import QueueStore
import RoomConfiguration
import WaitingRoom

/// One visitor's position and session.
extension AdminCalls {
    var visitorCalls: [AdminCall] {
        [
            AdminCall(.get, Self.room + "/positions/{position_id}", needs: .viewer) { request async throws(Problem) in
                try await lookUp(request)
            },
            AdminCall(.post, Self.room + "/positions/{position_id}/move", needs: .operator) {
                request async throws(Problem) in
                try await move(request)
            },
            AdminCall(.delete, Self.room + "/positions/{position_id}", needs: .operator) {
                request async throws(Problem) in
                try await remove(request)
            },
            AdminCall(.delete, Self.room + "/sessions/{session_id}", needs: .operator) {
                request async throws(Problem) in
                try await endSession(request)
            },
        ]
    }

    static var unknownPosition: Problem {
        Problem(.notFound, "The room does not know the position (any more): ended ones are remembered for ten minutes.")
    }

    func position(_ request: AdminRequest) throws(Problem) -> PositionID {
        guard let id = PositionID(request.segment("position_id")) else { throw Self.unknownPosition }
        return id
    }

    private func lookUp(_ request: AdminRequest) async throws(Problem) -> Response {
        let room = try configured(request).id
        let id = try position(request)
        // What this gate has just seen done must show.
        let sequence = try await facts(of: room).eventSequence
        let places = try await asking { () async throws(StoreError) in
            try await services.store.places(of: [id], in: room, seeing: sequence)
        }
        guard let place = places.first ?? nil else { throw Self.unknownPosition }
        return try await answer(of: place)
    }

    /// A position as it is now.
    func answer(of place: Place) async throws(Problem) -> Response {
        var session: Session?
        if place.position.status != .waiting {
            session = try await asking { () async throws(StoreError) in
                try await services.store.session(SessionID(of: place.position.id), in: place.position.queueID)
            }
        }
        let answer = PositionAnswer(place: place, session: session)
        return .json { answer.write(&$0) }
    }

    private func move(_ request: AdminRequest) async throws(Problem) -> Response {
        let room = try configured(request).id
        let id = try position(request)
        let body = try await request.body(as: MoveBody.self)
        let actor = try request.actor
        let place = try await asking { () async throws(StoreError) in
            try await services.store.move(id, to: body.target, by: actor, in: room)
        }
        guard let place else { throw Self.unknownPosition }
        guard place.position.status == .waiting else {
            throw Problem(.conflict, "The position is \(place.position.status.rawValue), not waiting.")
        }
        note(request, "position.moved", in: room, "\(id) \(body.target.words)")
        return try await answer(of: place)
    }

    private func remove(_ request: AdminRequest) async throws(Problem) -> Response {
        let room = try configured(request).id
        let id = try position(request)
        let actor = try request.actor
        let place = try await asking { () async throws(StoreError) in
            try await services.store.terminate(id, by: actor, in: room)
        }
        guard let place else { throw Self.unknownPosition }
        guard place.position.status == .terminated else {
            throw Problem(.conflict, "The position is \(place.position.status.rawValue), neither waiting nor admitted.")
        }
        note(request, "position.terminated", in: room, "\(id)")
        return .noContent
    }

    private func endSession(_ request: AdminRequest) async throws(Problem) -> Response {
        let room = try configured(request).id
        let unknown = Problem(.notFound, "The room has no such session that is alive.")
        guard let id = SessionID(request.segment("session_id")) else { throw unknown }
        let actor = try request.actor
        let wasAlive = try await asking { () async throws(StoreError) in
            try await services.store.end(id, as: .terminated, by: actor, in: room)
        }
        guard wasAlive else { throw unknown }
        note(request, "session.terminated", in: room, "\(id)")
        return .noContent
    }
}

extension MoveTarget {
    /// For the log and the audit.
    var words: String {
        switch self {
        case .front: "to the front"
        case .priority(let priority): "to priority \(priority)"
        }
    }
}
