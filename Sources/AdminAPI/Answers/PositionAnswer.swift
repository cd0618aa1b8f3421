import QueueStore
import WaitingRoom

/// A position as the admin API shows it, with what became of it.
struct PositionAnswer {
    var place: Place
    /// Nil if it did not come to one.
    var session: Session?

    func write(_ json: inout JSONText) {
        let position = place.position
        json.member("position_id", position.id.description)
        json.member("queue_id", position.queueID.text)
        json.member("status", position.status.rawValue)
        // Nobody has a place before the draw.
        if position.status == .waiting, place.rank == 0 {
            json.null("position")
        } else {
            json.member("position", place.rank)
        }
        json.member("total_waiting", place.totalWaiting)
        json.member("sequence", Int(clamping: position.sequence))
        json.member("priority", position.priority)
        json.member("user_id", orNull: position.userID?.name)
        json.member("user_id_verified", position.userID?.isVerified ?? false)
        json.member(
            "metadata",
            object: { metadata in
                for (name, value) in position.metadata.sorted(by: <) { metadata.member(name, value) }
            })
        json.member("enqueued_at", position.enqueuedAt)
        json.member("expires_at", position.expiresAt)
        guard let session else {
            json.null("session")
            return
        }
        json.member(
            "session",
            object: {
                $0.member("session_id", session.id.description)
                $0.member("status", session.status.rawValue)
                $0.member("ip_address", session.client.address)
                $0.member("user_agent", session.client.userAgent)
                $0.member("started_at", session.startedAt)
                $0.member("expires_at", session.expiresAt)
                $0.member("last_seen", session.lastSeen)
                $0.member("page_views", session.pageViews)
            })
    }
}
