import APIBodies
import NIOCore
import QueueStore
import RoomConfiguration
import SessionTokens
import WaitingRoom

/// The HTTP API of docs/API.md.
extension VisitorDesk {
    func api(_ call: APICall, _ request: VisitorRequest, _ rule: RoomRule) async throws(StoreError) -> VisitorAnswer {
        if let preflight = preflight(request, methods: call.methods) { return .respond(preflight) }
        guard call.methods.contains(request.method) else {
            return .respond(
                .problem(
                    405, "Method Not Allowed", fields: [("Allow", call.methods.joined(separator: ", "))]))
        }
        switch await count(call, request, rule) {
        case .refused(let response): return .respond(response)
        case .passed(let fields):
            let answer = try await answer(call, request, rule)
            guard !fields.isEmpty, case .respond(var response) = answer else { return answer }
            response.fields += fields
            return .respond(response)
        }
    }

    private func answer(
        _ call: APICall, _ request: VisitorRequest, _ rule: RoomRule
    ) async throws(StoreError) -> VisitorAnswer {
        switch call {
        case .room: return try await facts(rule)
        case .enqueue: return try await enqueue(request, rule)
        case .status: return try await status(request, rule)
        case .heartbeat:
            if let mistake = heartbeatMistake(request) { return .respond(mistake) }
            return try await heartbeat(request, rule)
        case .leave: return try await leave(request, rule)
        case .handover: return try await offerHandover(request, rule)
        case .claimHandover: return try await claimHandover(request, rule)
        case .claim: return try await claim(request, rule)
        case .session: return try await session(request, rule)
        case .sessionHeartbeat:
            if let mistake = heartbeatMistake(request) { return .respond(mistake) }
            return try await session(request, rule)
        case .complete: return try await complete(request, rule)
        case .live: return try await openLive(request, rule)
        case .challenge: return try await solve(request, rule)
        case .receipt: return try await receipt(request, rule)
        case .chain: return chainHead(rule)
        }
    }

    private func heartbeatMistake(_ request: VisitorRequest) -> VisitorResponse? {
        do throws(BodyMistake) {
            _ = try HeartbeatBody(request.body)
            return nil
        } catch {
            return .problem(error)
        }
    }

    // MARK: The room

    private func facts(_ rule: RoomRule) async throws(StoreError) -> VisitorAnswer {
        let facts = try await services.store.facts(of: rule.settings.id)
        let settings = facts.settings
        let estimate = services.monitor.snapshot(of: settings.id)?.estimate(rank: facts.waiting + 1)
        var json = JSONText()
        json.object {
            $0.member("queue_id", settings.id.text)
            $0.member("name", settings.name)
            $0.member("status", settings.status.rawValue)
            $0.member("waiting", facts.waiting)
            $0.member("invite_only", rule.inviteOnly)
            $0.members(of: RoomTimes(settings, draw: facts.draw, at: times(rule).now))
            if let estimate {
                $0.member("estimated_wait_seconds", Int(estimate.middle.rounded()))
                $0.member("estimated_wait_range_seconds", numbers: PositionAnswer.range(estimate))
            } else {
                $0.null("estimated_wait_seconds")
                $0.null("estimated_wait_range_seconds")
            }
        }
        var response = VisitorResponse.json(200, json)
        response.fields = [("Cache-Control", "public, max-age=1"), ("X-Content-Type-Options", "nosniff")]
        return .respond(response)
    }

    // MARK: The position

    private func enqueue(_ request: VisitorRequest, _ rule: RoomRule) async throws(StoreError) -> VisitorAnswer {
        let body: EnqueueBody
        do throws(BodyMistake) {
            body = try EnqueueBody(request.body)
        } catch {
            return .respond(.problem(error))
        }
        let isTrusted = isTrusted(request)
        let pass: Pass?
        switch granted(body, rule, isTrusted: isTrusted) {
        case .success(let granted): pass = granted
        case .failure(let response): return .respond(response)
        }
        let room = rule.settings.id
        if currentSettings(rule).status == .maintenance {
            return .respond(
                .problem(503, "Maintenance", detail: "The room is in maintenance.", fields: [("Retry-After", "15")]))
        }
        if let token = request.bearerToken ?? request.positionToken,
            case .some(let claims) = readPosition(token, request, rule).claims,
            let place = try await place(of: claims, in: room)
        {
            if place.position.status.isHeld {
                var held = place
                if let pass {
                    switch try await raise(place, by: pass, in: room) {
                    case .success(let raised): held = raised
                    case .failure(let refusal): return .respond(Self.forbidden(PassFlaw.refused(refusal).detail))
                    }
                }
                return try await position(held, request, rule, status: 200, token: token, mayRefresh: true)
            }
            switch try await comeBack(place, mayAdmit: false) {
            case .waiting(let place), .admitted(let place):
                return try await position(place, request, rule, status: 201, token: nil, mayRefresh: true)
            case .full, .crowded, .closed, .ended, .refused, .taken, nil: break
            }
        }
        if rule.inviteOnly, pass == nil, !isTrusted { return .respond(Self.forbidden(Self.inviteOnlyDetail)) }
        // A server calls for many visitors, and none of them is at its address or runs its program.
        let address = isTrusted ? nil : countedAddress(request, rule)
        if let refusal = crowdedLately(address, request, rule) { return .respond(refusal) }
        var made: PositionID?
        if !isTrusted {
            switch await screen(request, rule, pass) {
            case .passed(let id): made = id
            case .stopped(let response): return .respond(response)
            }
        }
        var generator = random.value
        let arrival = Arrival(
            id: made ?? PositionID(using: &generator), priority: isTrusted ? body.priority ?? 0 : 0,
            userID: body.userID.map { UserID($0, isVerified: isTrusted) }, metadata: body.metadata,
            client: request.client, addressDigest: address, pass: pass)
        let outcome = try await services.store.enqueue(arrival, in: room)
        withdraw(made, unless: outcome, rule)
        switch outcome {
        case .waiting(let place), .admitted(let place):
            return try await position(place, request, rule, status: 201, token: nil, mayRefresh: true)
        case .crowded: return .respond(crowdedNow(address, request, rule))
        case .closed(let phase): return .respond(closed(request, rule, phase, asProblem: true))
        case .full, .ended:
            return .respond(
                .problem(503, "The line is full", detail: "Try again later.", fields: [("Retry-After", "15")])
                    .of(.full))
        case .refused(let refusal): return .respond(Self.forbidden(PassFlaw.refused(refusal).detail))
        case .taken(let place) where isTrusted:
            // The site's word that it is the same visitor.
            return try await position(place, request, rule, status: 200, token: nil, mayRefresh: true)
        case .taken:
            // Whoever has the place has its token. That somebody knows a name gives nobody another's token.
            return .respond(
                .problem(
                    409, "Conflict", detail: "This user_id has a place in the room already; its token leads to it."))
        }
    }

    /// The pass of a call, giving the priority that was asked for; nil where none was.
    private func granted(_ body: EnqueueBody, _ rule: RoomRule, isTrusted: Bool) -> Identified<Pass?> {
        let wanted = body.priority ?? 0
        guard let token = body.pass else {
            return wanted == 0 || isTrusted
                ? .success(nil)
                : .failure(Self.forbidden("A priority above 0 needs a pass that gives it, or an operator's key."))
        }
        switch readPass(Array(token.utf8), rule) {
        case .flawed(let flaw): return .failure(Self.forbidden(flaw.detail))
        case .valid(let claims):
            guard wanted <= claims.priority else {
                return .failure(Self.forbidden("The pass gives a priority of \(claims.priority)."))
            }
            var pass = Pass(claims)
            pass.priority = body.priority ?? claims.priority
            return .success(pass)
        }
    }

    static func forbidden(_ detail: String) -> VisitorResponse { .problem(403, "Forbidden", detail: detail) }

    private func status(_ request: VisitorRequest, _ rule: RoomRule) async throws(StoreError) -> VisitorAnswer {
        switch try await held(request, rule) {
        case .failure(let response): return .respond(response)
        case .success(var found):
            if let wait = request.waitSpan, found.place.position.status == .waiting {
                // Longer than half of the time-out would make a client that is gone look alive.
                let limit = min(wait, rule.settings.heartbeatTimeout.count / 2)
                if let changed = await nextChange(of: found.place, within: limit) { found.place = changed }
            }
            return try await position(found.place, request, rule, status: 200, token: found.token, mayRefresh: true)
        }
    }

    private func heartbeat(_ request: VisitorRequest, _ rule: RoomRule) async throws(StoreError) -> VisitorAnswer {
        switch try await held(request, rule) {
        case .failure(let response): return .respond(response)
        case .success(let found):
            return try await position(found.place, request, rule, status: 200, token: found.token, mayRefresh: true)
        }
    }

    private func leave(_ request: VisitorRequest, _ rule: RoomRule) async throws(StoreError) -> VisitorAnswer {
        switch identify(request, rule) {
        case .failure(let response): return .respond(response)
        case .success(let found):
            let room = rule.settings.id
            guard try await services.store.leave(found.claims.positionID, in: room) != nil else {
                return .respond(Self.unknownPosition)
            }
            return .respond(
                .noContent(cookies: [GateCookie.clear(.position, room, isSecure: request.isSecure)]))
        }
    }

    private func claim(_ request: VisitorRequest, _ rule: RoomRule) async throws(StoreError) -> VisitorAnswer {
        switch identify(request, rule) {
        case .failure(let response): return .respond(response)
        case .success(let found):
            let room = rule.settings.id
            if let stop = pace(found.claims, request, rule, counts: true) { return .respond(stop) }
            if found.isExpired {
                return .respond(Self.unauthorized("The position token has run out; a heartbeat gives a new one."))
            }
            switch try await services.store.claim(found.claims.positionID, in: room) {
            case .session(let session, let place):
                guard let token = await sessionToken(place.position.id, request, rule) else {
                    return .respond(unavailable(request))
                }
                var json = JSONText()
                json.object {
                    $0.member("session_id", session.description)
                    $0.member("queue_id", room.text)
                    $0.member("position_id", place.position.id.description)
                    $0.member("session_token", token)
                    $0.member("token", token)
                    $0.member("redirect_url", rule.entrance)
                    $0.member("expires_at", place.position.expiresAt)
                }
                tokens.value.readmit(session)
                let cookie = GateCookie.set(.session, room, token: token, isSecure: request.isSecure)
                return .respond(.json(200, json, cookies: [cookie]))
            case .waiting(let place):
                return .respond(
                    .problem(
                        409, "Conflict",
                        detail: place.rank == 0
                            ? "The order is not drawn yet: \(place.totalWaiting) wait."
                            : "It is not this position's turn: \(place.rank) of \(place.totalWaiting).",
                        fields: [("Retry-After", "\(PositionAnswer.pollAfter(place, rule.settings))")]))
            case .ended(let place):
                return .respond(
                    .problem(410, "Gone", detail: "The position is \(place.position.status.rawValue)."))
            case .unknown: return .respond(Self.unknownPosition)
            }
        }
    }

    /// The position as JSON, with its token (a fresh one where half of the old one's life is over) and, when it is its
    /// turn, the way in.
    func position(
        _ place: Place, _ request: VisitorRequest, _ rule: RoomRule, status: Int, token: [UInt8]?, mayRefresh: Bool
    ) async throws(StoreError) -> VisitorAnswer {
        let room = rule.settings.id
        var cookies: [String] = []
        var text = token.map { String(decoding: $0, as: UTF8.self) }
        var isFresh = false
        if let token, case .valid(_, let needsRefresh) = readPosition(token, request, rule) { isFresh = !needsRefresh }
        if !isFresh, place.position.status.isHeld {
            text = await positionToken(place.position.id, request, rule)
            guard let text else { return .respond(unavailable(request)) }
            cookies.append(GateCookie.set(.position, room, token: text, isSecure: request.isSecure))
        }
        let isThrough = place.position.status == .admitted || place.position.status == .active
        let answer = PositionAnswer(
            place: place, settings: currentSettings(rule), times: times(rule),
            estimate: services.monitor.snapshot(of: room)?.estimate(rank: place.rank), token: text,
            redirectURL: isThrough ? rule.entrance : nil,
            sessionToken: isThrough ? await sessionToken(place.position.id, request, rule) : nil, now: services.clock())
        return .respond(.json(status, answer.json, cookies: cookies))
    }
}

extension RoomRule {
    /// Where a visitor enters who came by the API.
    var entrance: String { match.paths.first ?? "/" }
}

extension VisitorRequest {
    /// `?wait=25s`: how long to wait for a change, in milliseconds; at most a minute.
    var waitSpan: Int64? {
        guard let query else { return nil }
        for item in query.split(separator: "&", maxSplits: 31) where item.hasPrefix("wait=") {
            var text = item.dropFirst(5)
            let isMilliseconds = text.hasSuffix("ms")
            if isMilliseconds { text = text.dropLast(2) } else if text.hasSuffix("s") { text = text.dropLast() }
            guard let number = Int64(text), number > 0, number <= 600_000 else { return nil }
            return min(60_000, isMilliseconds ? number : number * 1000)
        }
        return nil
    }
}
