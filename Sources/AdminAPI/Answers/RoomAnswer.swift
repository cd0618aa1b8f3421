import QueueStore
import WaitingRoom

/// A room as the admin API shows it.
struct RoomAnswer {
    var facts: RoomFacts
    var isShadow: Bool
    /// Of somebody who joins now.
    var estimate: WaitEstimate?

    func write(_ json: inout JSONText) {
        let settings = facts.settings
        let configured = facts.configured
        json.member("queue_id", settings.id.text)
        json.member("name", settings.name)
        json.member("target_url", settings.targetURL)
        json.member("status", settings.status.rawValue)
        json.member("phase", facts.phase.rawValue)
        json.member("max_active_users", settings.maxActiveUsers)
        json.member("queue_rate", settings.queueRate.text)
        json.member(
            "configured",
            object: {
                $0.member("status", configured.status.rawValue)
                $0.member("max_active_users", configured.maxActiveUsers)
                $0.member("queue_rate", configured.queueRate.text)
            })
        write(facts.overrides, &json)
        write(facts.adapted, &json)
        json.member("shadow", isShadow)
        json.member("waiting", facts.waiting)
        json.member("admitted", facts.admitted)
        json.member("active_sessions", facts.activeSessions)
        json.member("free_slots", max(0, settings.maxActiveUsers - facts.admitted - facts.activeSessions))
        json.member("enqueued_total", facts.enqueuedTotal)
        json.member("admitted_total", facts.admittedTotal)
        json.member("abandoned_total", facts.abandonedTotal)
        json.member("removed_total", facts.removedTotal)
        json.member("expired_total", facts.expiredTotal)
        if let estimate {
            json.member("estimated_wait_seconds", Int(estimate.middle.rounded()))
            json.member(
                "estimated_wait_range_seconds", numbers: [Int(estimate.low), Int(estimate.high.rounded(.up))])
        } else {
            json.null("estimated_wait_seconds")
            json.null("estimated_wait_range_seconds")
        }
        json.member("opens_at", orNull: settings.opening?.opensAt)
        json.member("closes_at", orNull: settings.closesAt)
        json.member("created_at", facts.createdAt)
        json.member("updated_at", facts.updatedAt)
        json.member("time", facts.time)
    }

    private func write(_ adapted: AdaptedRate?, _ json: inout JSONText) {
        guard let adapted else { return json.null("adaptive") }
        json.member(
            "adaptive",
            object: {
                $0.member("rate", adapted.rate.text)
                $0.member("reason", adapted.reason.text)
                $0.member("changed_at", adapted.changedAt)
            })
    }

    private func write(_ overrides: StandingOverrides?, _ json: inout JSONText) {
        guard let overrides, !overrides.values.isEmpty else { return json.null("overrides") }
        json.member(
            "overrides",
            object: {
                if let status = overrides.values.status { $0.member("status", status.rawValue) }
                if let rate = overrides.values.queueRate { $0.member("queue_rate", rate.text) }
                if let slots = overrides.values.maxActiveUsers { $0.member("max_active_users", slots) }
                $0.member("set_by", overrides.setBy.text)
                $0.member("set_at", overrides.setAt)
            })
    }
}

extension Rate {
    /// As the configuration writes it: `10/s`, `500/min`, `3000/h`.
    var text: String {
        switch per {
        case .seconds(1): "\(count)/s"
        case .minutes(1): "\(count)/min"
        case .minutes(60): "\(count)/h"
        default: "\(count)/\(per.count)ms"
        }
    }
}

extension JSONText {
    mutating func member(_ name: String, orNull value: Timestamp?) {
        if let value { member(name, value) } else { null(name) }
    }

    mutating func member(_ name: String, orNull value: String?) {
        if let value { member(name, value) } else { null(name) }
    }
}
