import APIBodies
import Hummingbird
import QueueStore
import RoomConfiguration
import WaitingRoom

/// What operators do to a room.
extension AdminCalls {
    var operatorCalls: [AdminCall] {
        [
            AdminCall(.patch, Self.room + "/overrides", needs: .operator) { request async throws(Problem) in
                try await override(request)
            },
            AdminCall(.delete, Self.room + "/overrides", needs: .operator) { request async throws(Problem) in
                try await clearOverrides(request)
            },
            AdminCall(.post, Self.room + "/admit", needs: .operator) { request async throws(Problem) in
                try await admit(request)
            },
            AdminCall(.post, Self.room + "/drain", needs: .operator) { request async throws(Problem) in
                try await drain(request)
            },
        ]
    }

    private func override(_ request: AdminRequest) async throws(Problem) -> Response {
        let room = try configured(request).id
        let body = try await request.body(as: OverrideBody.self)
        let actor = try request.actor
        let facts = try await asking { () async throws(StoreError) in
            try await services.store.override(body.changes, by: actor, in: room)
        }
        await services.onOverride(room)
        note(request, "room.overridden", in: room, (facts.overrides?.values ?? RoomOverrides()).words)
        return answer(of: facts)
    }

    private func clearOverrides(_ request: AdminRequest) async throws(Problem) -> Response {
        let room = try configured(request).id
        let actor = try request.actor
        let facts = try await asking { () async throws(StoreError) in
            try await services.store.override(RoomOverrides(), by: actor, in: room)
        }
        await services.onOverride(room)
        note(request, "room.overridden", in: room, RoomOverrides().words)
        return answer(of: facts)
    }

    private func admit(_ request: AdminRequest) async throws(Problem) -> Response {
        let room = try configured(request).id
        let body = try await request.body(as: AdmitBody.self)
        let actor = try request.actor
        let report = try await asking { () async throws(StoreError) in
            try await services.store.admitNow(body.count, by: actor, in: room)
        }
        services.onAdmission(report, room)
        if report.admitted == 0, let refusal = report.refusal { throw Problem(.conflict, refusal.words) }
        note(request, "admission.granted", in: room, "\(report.admitted) of \(body.count)")
        return .json {
            $0.member("admitted", report.admitted)
            $0.member("waiting", report.waiting)
        }
    }

    private func drain(_ request: AdminRequest) async throws(Problem) -> Response {
        let room = try configured(request).id
        let body = try await request.body(as: DrainBody.self)
        let actor = try request.actor
        let report = try await asking { () async throws(StoreError) in
            try await services.store.drain(body.scope, until: body.until, by: actor, in: room)
        }
        note(
            request, "drain", in: room,
            "\(body.scope.rawValue): \(report.ended) ended, \(report.remaining) remain, until \(report.until)")
        return .json {
            $0.member("ended", report.ended)
            $0.member("remaining", report.remaining)
            $0.member("until", Int(clamping: report.until))
        }
    }
}

extension AdminRequest {
    /// Who does what the call asks for.
    var actor: OperatorName {
        get throws(Problem) {
            guard let caller else { throw Problem(.unauthorized, "This call needs a key.") }
            return caller.name
        }
    }
}

extension GrantRefusal {
    fileprivate var words: String {
        switch self {
        case .maintenance: "The room is in maintenance: whoever came in would see that page."
        case .phase(let phase): "The room is \(phase.rawValue), not open."
        }
    }
}
