/// One position, and the session that it became, as the admin API tells of them.
package struct PositionReport: Hashable, Sendable, Decodable {
    package var id: String
    package var room: String
    package var status: String
    /// 1 is the front; 0 or nil unless it waits.
    package var place: Int?
    package var totalWaiting: Int?
    package var sequence: Int?
    package var priority: Int?
    package var userID: String?
    /// Whether the site's own server named the user.
    package var isUserVerified: Bool?
    package var metadata: [String: String]?
    package var enqueuedAt: String?
    package var expiresAt: String?
    package var session: SessionReport?

    enum CodingKeys: String, CodingKey {
        case id = "position_id"
        case room = "queue_id"
        case status
        case place = "position"
        case totalWaiting = "total_waiting"
        case sequence, priority
        case userID = "user_id"
        case isUserVerified = "user_id_verified"
        case metadata
        case enqueuedAt = "enqueued_at"
        case expiresAt = "expires_at"
        case session
    }
}

package struct SessionReport: Hashable, Sendable, Decodable {
    package var id: String
    package var status: String?
    package var address: String?
    package var userAgent: String?
    package var startedAt: String?
    package var expiresAt: String?
    package var lastSeen: String?
    package var pageViews: Int?

    enum CodingKeys: String, CodingKey {
        case id = "session_id"
        case status
        case address = "ip_address"
        case userAgent = "user_agent"
        case startedAt = "started_at"
        case expiresAt = "expires_at"
        case lastSeen = "last_seen"
        case pageViews = "page_views"
    }
}
