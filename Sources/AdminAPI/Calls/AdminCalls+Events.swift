import Hummingbird
import QueueStore
import RoomConfiguration
import WaitingRoom

/// What happens and what was done.
extension AdminCalls {
    static let auditSizes = 1...AuditEntry.kept

    var eventCalls: [AdminCall] {
        [
            AdminCall(.get, Self.root + "/events", needs: .viewer) { request async throws(Problem) in
                try tail(request)
            },
            AdminCall(.get, Self.root + "/audit", needs: .viewer) { request async throws(Problem) in
                try await audit(request)
            },
        ]
    }

    private func tail(_ request: AdminRequest) throws(Problem) -> Response {
        var filter = EventTails.Filter(kind: request.parameter("kind"))
        if let text = request.parameter("queue_id") {
            guard let room = services.rooms().first(where: { $0.id.text == text }) else {
                throw Problem(parameter: "queue_id", "queue_id is no room of this gate.")
            }
            filter.room = room.id
        }
        let fields: HTTPFields = [
            .contentType: "text/event-stream; charset=utf-8", .cacheControl: "no-store",
            .xContentTypeOptions: "nosniff",
        ]
        guard request.head.method != .head, let caller = request.caller else {
            return Response(status: .ok, headers: fields)
        }
        let channel = request.context.channel
        guard let tail = services.tails.open(filter, for: caller, onCut: { channel.close(mode: .all, promise: nil) })
        else {
            throw Problem(
                .serviceUnavailable, "There are \(EventTails.limit) tails already, or the gate stops.",
                fields: [.retryAfter: "15"])
        }
        return Response(
            status: .ok, headers: fields,
            body: ResponseBody { writer in
                while let bytes = await tail.next() { try await writer.write(ByteBuffer(bytes: bytes)) }
                try await writer.finish(nil)
            })
    }

    private func audit(_ request: AdminRequest) async throws(Problem) -> Response {
        let limit = try request.number("limit", in: Self.auditSizes, or: 100)
        let entries = try await asking { () async throws(StoreError) in try await services.audit.latest(limit) }
        return .json {
            $0.member("entries", objects: entries) { json, entry in
                json.member("time", entry.time)
                json.member("actor", entry.actor)
                json.member("queue_id", entry.room.text)
                json.member("action", entry.action)
                json.member("detail", entry.detail)
            }
        }
    }
}
