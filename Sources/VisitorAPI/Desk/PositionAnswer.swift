import QueueStore
import RoomConfiguration
import WaitingRoom

/// The position JSON of docs/API.md.
struct PositionAnswer {
    var place: Place
    var settings: RoomSettings
    var times: RoomTimes
    var estimate: WaitEstimate?
    var token: String?
    /// When admitted.
    var redirectURL: String?
    var sessionToken: String?
    /// By which a missed turn counts as too long ago.
    var now: Timestamp?

    var json: JSONText {
        var json = JSONText()
        let position = place.position
        json.object {
            $0.member("position_id", position.id.description)
            $0.member("queue_id", position.queueID.text)
            $0.member("status", position.status.rawValue)
            $0.member("room_status", settings.status.rawValue)
            // Nobody has a place before the draw.
            if position.status == .waiting, place.rank == 0 {
                $0.null("position")
            } else {
                $0.member("position", place.rank)
            }
            $0.member("total_waiting", place.totalWaiting)
            if position.status == .waiting, let estimate {
                $0.member("estimated_wait_seconds", Int(estimate.middle.rounded()))
                $0.member("estimated_wait_range_seconds", numbers: Self.range(estimate))
            } else {
                $0.null("estimated_wait_seconds")
                $0.null("estimated_wait_range_seconds")
            }
            $0.member("priority", position.priority)
            $0.member("enqueued_at", position.enqueuedAt)
            $0.member("expires_at", position.expiresAt)
            if position.id.isReturn { $0.member("returned", true) }
            if let mayReturnUntil { $0.member("may_return_until", mayReturnUntil) }
            $0.members(of: times)
            if position.status == .waiting, settings.status == .maintenance || times.isWithoutLine {
                $0.member("reload", true)
            }
            if let token { $0.member("token", token) }
            $0.member("heartbeat_interval_seconds", Self.seconds(settings.heartbeatInterval))
            $0.member("poll_after_seconds", Self.pollAfter(place, settings))
            if let redirectURL { $0.member("redirect_url", redirectURL) }
            if let sessionToken { $0.member("session_token", sessionToken) }
        }
        return json
    }

    /// How long somebody who missed the turn may come back to the front; nil where that cannot be.
    private var mayReturnUntil: Timestamp? {
        guard let missed = place.missedTurn, let now, settings.missedTurnGrace.count > 0, !place.position.id.isReturn
        else { return nil }
        let end = missed + settings.missedTurnGrace
        return now < end ? end : nil
    }

    /// Whole seconds, rounded outwards.
    static func range(_ estimate: WaitEstimate) -> [Int] { [Int(estimate.low), Int(estimate.high.rounded(.up))] }

    /// The front of the line hears more often; nobody so seldom that a missed poll costs the place.
    static func pollAfter(_ place: Place, _ settings: RoomSettings) -> Int {
        let interval =
            switch place.rank {
            // Before the draw nothing happens that anybody has to hear of at once.
            case 0 where place.position.status == .waiting: 10
            case ...100: 2
            case ...1000: 5
            default: 10
            }
        return max(1, min(interval, Int(settings.heartbeatTimeout.count / 3000)))
    }

    static func seconds(_ span: Milliseconds) -> Int { max(1, Int(span.count / 1000)) }
}
