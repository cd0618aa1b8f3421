import NIOCore
import QueueStore
import RoomConfiguration
import SessionTokens
import WaitingRoom

/// How often a visitor may call, and how many places an address may hold (docs/ABUSE.md).
extension VisitorDesk {
    /// How long a gate remembers that an address holds as many places as it may.
    private static let crowdedSpan = Milliseconds.seconds(1)

    /// What the limit of a call says.
    enum CallStanding {
        /// Fields for the answer.
        case passed([(name: String, value: String)])
        case refused(VisitorResponse)
    }

    /// Whom the limits per address count; nil: they do not concern this visitor.
    func countedAddress(_ request: VisitorRequest, _ rule: RoomRule) -> AddressDigest? {
        guard let address = IPAddress(request.client.address), !rule.isExempt(address) else { return nil }
        return services.salt.addressDigest(of: CustomerNetwork(of: address).bytes)
    }

    // MARK: Calls

    /// Counts a call of the API.
    func count(_ call: APICall, _ request: VisitorRequest, _ rule: RoomRule) async -> CallStanding {
        guard let limit = call.limit, let rate = rule.rateLimits[limit] else { return .passed([]) }
        let verdict: RateVerdict
        switch limit {
        case .enqueue:
            guard !isTrusted(request), let address = countedAddress(request, rule) else { return .passed([]) }
            verdict = await countEnqueue(from: address, under: rate, in: rule.settings.id)
        case .status, .heartbeat, .session:
            guard let position = caller(call, request, rule), !isExempt(request, rule) else { return .passed([]) }
            let caller = position.bits.high ^ position.bits.low
            verdict = services.limits.take(
                limit, of: caller, in: rule.settings.id, at: services.clock(), under: rate)
            // Who asks too often is there, and must not lose the place for it.
            if case .refused = verdict, limit != .session { activity.value.heartbeat(position, in: rule.settings.id) }
        }
        switch verdict {
        case .uncounted: return .passed([])
        case .passed(let remaining, let reset):
            return .passed(RateFields.of(rate, remaining: remaining, reset: reset))
        case .refused(let wait):
            services.limits.count(.calls(limit), in: rule.settings.id)
            return .refused(Self.tooMany(limit, rate, wait))
        }
    }

    /// This gate's own count comes first, so that a flood costs the store no more than the calls that it would let pass.
    private func countEnqueue(from address: AddressDigest, under rate: Rate, in room: RoomID) async -> RateVerdict {
        let now = services.clock()
        let limits = services.limits
        if let rest = limits.rest(of: .calls(.enqueue), of: address, in: room, at: now) {
            return .refused(retryAfter: rest)
        }
        let own = limits.take(.enqueue, of: address.value, in: room, at: now, under: rate)
        if case .refused = own { return own }
        // While the store is away a gate goes by what it has seen itself.
        guard let shared = try? await services.store.countCall(from: address, under: rate, in: room) else { return own }
        if case .refused(let wait) = shared {
            limits.note(.calls(.enqueue), of: address, in: room, for: wait, at: now)
        }
        return shared
    }

    private func isExempt(_ request: VisitorRequest, _ rule: RoomRule) -> Bool {
        guard !rule.rateLimits.exempt.isEmpty || !rule.bypass.addresses.isEmpty else { return false }
        return IPAddress(request.client.address).map(rule.isExempt) ?? false
    }

    /// Whose token a call brings; nil: none that is good, and the call will be told so.
    private func caller(_ call: APICall, _ request: VisitorRequest, _ rule: RoomRule) -> PositionID? {
        switch call {
        case .session, .sessionHeartbeat, .complete:
            guard case .success(let claims) = identifySession(request, rule) else { return nil }
            return claims.positionID
        default:
            guard case .success(let caller) = identify(request, rule) else { return nil }
            return caller.claims.positionID
        }
    }

    private static func tooMany(_ limit: CallLimit, _ rate: Rate, _ wait: Milliseconds) -> VisitorResponse {
        let seconds = RateFields.seconds(wait)
        let what = limit == .session ? "session" : limit.rawValue
        let whose = limit == .enqueue ? "one address" : "one token"
        return .problem(
            429, "Too Many Requests",
            detail: "\(what) takes at most \(rate.count) calls in \(RateFields.seconds(rate.per)) s from \(whose); "
                + "call again in \(seconds) s.",
            fields: [("Retry-After", "\(seconds)")] + RateFields.of(rate, remaining: 0, reset: wait)
        ).of(.limited)
    }

    // MARK: Places

    /// The refusal of an address that was found a moment ago to hold as many places as it may.
    func crowdedLately(
        _ address: AddressDigest?, _ request: VisitorRequest, _ rule: RoomRule
    ) -> VisitorResponse? {
        guard let address,
            services.limits.rest(of: .positions, of: address, in: rule.settings.id, at: services.clock()) != nil
        else { return nil }
        services.limits.count(.positions, in: rule.settings.id)
        return crowded(request, rule)
    }

    /// The refusal of an address of which the store has just said so.
    func crowdedNow(_ address: AddressDigest?, _ request: VisitorRequest, _ rule: RoomRule) -> VisitorResponse {
        let room = rule.settings.id
        if let address {
            services.limits.note(.positions, of: address, in: room, for: Self.crowdedSpan, at: services.clock())
        }
        services.limits.count(.positions, in: room)
        return crowded(request, rule)
    }
}

/// The fields of draft-ietf-httpapi-ratelimit-headers-06.
enum RateFields {
    static func of(_ rate: Rate, remaining: Int, reset: Milliseconds) -> [(name: String, value: String)] {
        [
            ("RateLimit-Limit", "\(rate.count)"), ("RateLimit-Remaining", "\(remaining)"),
            ("RateLimit-Reset", "\(seconds(reset))"), ("RateLimit-Policy", "\(rate.count);w=\(seconds(rate.per))"),
        ]
    }

    /// Whole ones, rounded up: who comes back then is not a moment too early.
    static func seconds(_ span: Milliseconds) -> Int64 { max(1, (span.count + 999) / 1000) }
}

extension APICall {
    /// What the call counts against; nil: nothing.
    var limit: CallLimit? {
        switch self {
        case .enqueue, .claimHandover: .enqueue
        case .status: .status
        case .heartbeat, .handover: .heartbeat
        case .claim, .session, .sessionHeartbeat, .complete: .session
        case .room, .leave, .live, .receipt, .chain, .challenge: nil
        }
    }
}
