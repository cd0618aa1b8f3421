import Hummingbird
import Logging
import QueueStore
import WaitingRoom

/// The calls of docs/ADMIN_API.md, in files by what they are about.
struct AdminCalls: Sendable {
    static let root = "/admin/v1"
    static let room = root + "/rooms/{id}"

    let services: AdminServices
    let readiness: @Sendable () async -> Readiness

    var all: [AdminCall] { gateCalls + roomCalls + operatorCalls + visitorCalls + eventCalls }

    /// The room that a path names, as the configuration has it.
    func configured(_ request: AdminRequest) throws(Problem) -> RoomSettings {
        let text = request.segment("id")
        guard let room = services.rooms().first(where: { $0.id.text == text }) else {
            throw Problem(.notFound, "There is no such room. \(Self.root)/rooms names those that there are.")
        }
        return room
    }

    func facts(of room: RoomID) async throws(Problem) -> RoomFacts {
        try await asking { () async throws(StoreError) in try await services.store.facts(of: room) }
    }

    /// What the store answers, or its trouble as a problem.
    func asking<Value>(_ operation: () async throws(StoreError) -> Value) async throws(Problem) -> Value {
        do throws(StoreError) {
            return try await operation()
        } catch {
            throw Problem(error)
        }
    }

    /// Says in the log who did what.
    func note(_ request: AdminRequest, _ action: String, in room: RoomID, _ detail: String) {
        services.logger.notice(
            "An operator acted",
            metadata: [
                "actor": "\(request.caller?.name.text ?? "")", "queue_id": "\(room)", "action": "\(action)",
                "detail": "\(detail)",
            ])
    }
}

extension Problem {
    /// The store could not do what was asked.
    init(_ error: StoreError) {
        switch error.code {
        case .unknownRoom:
            self.init(.notFound, "The store does not know the room yet.")
        case .unavailable, .elsewhere, .corrupt:
            self.init(.serviceUnavailable, "The store cannot do it now: \(error.message).", fields: [.retryAfter: "15"])
        }
    }
}
