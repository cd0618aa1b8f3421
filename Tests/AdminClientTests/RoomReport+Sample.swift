import Foundation

@testable import AdminClient

extension RoomReport {
    /// A room as a gate answers it.
    static func json(id: String) -> String {
        """
        {"queue_id":"\(id)","name":"\(id)","target_url":"http://127.0.0.1:9000","status":"active","phase":"open",\
        "max_active_users":500,"queue_rate":"10/s",\
        "configured":{"status":"active","max_active_users":500,"queue_rate":"10/s"},"overrides":null,"adaptive":null,\
        "shadow":false,"waiting":0,"admitted":0,"active_sessions":0,"free_slots":500,"enqueued_total":0,\
        "admitted_total":0,"abandoned_total":0,"expired_total":0,"estimated_wait_seconds":null,\
        "estimated_wait_range_seconds":null,"opens_at":null,"closes_at":null,\
        "created_at":"2026-11-21T20:00:00.000Z","updated_at":"2026-11-21T20:00:00.000Z",\
        "time":"2026-11-21T20:41:33.000Z","a_later_member":{}}
        """
    }

    static func sample(_ id: String, _ change: (inout RoomReport) -> Void = { _ in }) throws -> RoomReport {
        var room = try JSONDecoder().decode(RoomReport.self, from: Data(json(id: id).utf8))
        change(&room)
        return room
    }

    /// Paused by an operator three minutes ago.
    static func paused(_ id: String) throws -> RoomReport {
        try sample(id) { room in
            room.status = "paused"
            room.overrides = Overrides(status: "paused", by: "ops", at: "2026-11-21T20:38:33.000Z")
        }
    }
}
