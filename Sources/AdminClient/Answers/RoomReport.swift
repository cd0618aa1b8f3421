/// One room, as the admin API tells of it. What a later gate adds is passed over.
package struct RoomReport: Hashable, Sendable, Decodable {
    package var id: String
    package var name: String?
    package var targetURL: String?
    package var status: String
    package var phase: String?
    package var slots: Int
    package var rate: String
    package var configured: Limits?
    package var overrides: Overrides?
    package var adaptive: Adaptive?
    package var shadow: Bool?
    package var waiting: Int
    package var admitted: Int
    package var activeSessions: Int
    package var freeSlots: Int?
    package var enqueuedTotal: Int?
    package var admittedTotal: Int?
    package var abandonedTotal: Int?
    package var expiredTotal: Int?
    /// Of somebody who joins now, in seconds; nil where it cannot be known.
    package var estimatedWait: Double?
    package var estimatedWaitRange: [Double]?
    package var opensAt: String?
    package var closesAt: String?
    /// The gate's clock.
    package var time: String?

    enum CodingKeys: String, CodingKey {
        case id = "queue_id"
        case name
        case targetURL = "target_url"
        case status, phase
        case slots = "max_active_users"
        case rate = "queue_rate"
        case configured, overrides, adaptive, shadow, waiting, admitted
        case activeSessions = "active_sessions"
        case freeSlots = "free_slots"
        case enqueuedTotal = "enqueued_total"
        case admittedTotal = "admitted_total"
        case abandonedTotal = "abandoned_total"
        case expiredTotal = "expired_total"
        case estimatedWait = "estimated_wait_seconds"
        case estimatedWaitRange = "estimated_wait_range_seconds"
        case opensAt = "opens_at"
        case closesAt = "closes_at"
        case time
    }

    /// What the configuration says, without overrides.
    package struct Limits: Hashable, Sendable, Decodable {
        package var status: String?
        package var slots: Int?
        package var rate: String?

        enum CodingKeys: String, CodingKey {
            case status
            case slots = "max_active_users"
            case rate = "queue_rate"
        }
    }

    /// What an operator has set in its place.
    package struct Overrides: Hashable, Sendable, Decodable {
        package var status: String?
        package var slots: Int?
        package var rate: String?
        package var by: String?
        package var at: String?

        enum CodingKeys: String, CodingKey {
            case status
            case slots = "max_active_users"
            case rate = "queue_rate"
            case by = "set_by"
            case at = "set_at"
        }
    }

    /// The rate that follows from how the origin does.
    package struct Adaptive: Hashable, Sendable, Decodable {
        var rate: JSONValue?
        package var reason: String?
    }

    /// How many slots are taken.
    package var slotsInUse: Int { admitted + activeSessions }
}

/// All rooms of a gate.
package struct RoomList: Hashable, Sendable, Decodable {
    package var rooms: [RoomReport]
}
