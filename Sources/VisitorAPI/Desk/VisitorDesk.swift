import AbuseGuard
import Instrumentation
package import NIOCore
import QueueStore
import RoomConfiguration
import SessionTokens
package import WaitingRoom

/// Where one event loop's requests go that are not simply forwarded: arrivals, people in line, and the API.
///
/// An actor on the loop's own executor: it shares the loop's token caches and live connections without locks, and
/// costs a forwarded request nothing. The store and the signing of tokens are the only things that it waits for.
package actor VisitorDesk {
    let services: VisitorServices
    nonisolated let loop: any EventLoop
    private nonisolated let executor: LoopExecutor
    let tokens: NIOLoopBound<LoopTokens>
    let activity: NIOLoopBound<LoopActivity>
    let live: NIOLoopBound<LiveBoard>
    let random: NIOLoopBound<LoopRandom>
    /// Session tokens that were issued lately, so that polls after the admission do not sign again.
    private var issued: [SessionID: (token: String, claims: TokenClaims)] = [:]
    /// Receipts that were signed lately.
    var receipts: [PositionID: String] = [:]

    /// Makes the desk of one loop. Call it on that loop.
    package init(
        services: VisitorServices, loop: any EventLoop, tokens: NIOLoopBound<LoopTokens>,
        activity: NIOLoopBound<LoopActivity>, live: NIOLoopBound<LiveBoard>
    ) {
        self.services = services
        self.loop = loop
        executor = LoopExecutor(loop)
        self.tokens = tokens
        self.activity = activity
        self.live = live
        random = NIOLoopBound(LoopRandom(), eventLoop: loop)
    }

    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// Decides on the event loop and calls back there: before this returns, if nothing has to be waited for.
    package nonisolated func answer(_ request: VisitorRequest, _ done: @escaping @Sendable (VisitorAnswer) -> Void) {
        assumeIsolated { desk in
            let deadline = desk.shadowDeadline(of: request, done)
            _ = Task.immediate {
                let answer = await desk.answerInContext(of: request)
                deadline?.cancel()
                done(answer)
            }
        }
    }

    /// In the course of the request's span: what is asked for it has spans of its own, and the log its ids.
    private func answerInContext(of request: VisitorRequest) async -> VisitorAnswer {
        guard let context = request.context else { return await answer(to: request) }
        return await ServiceContext.withValue(context) { await answer(to: request) }
    }

    private func answer(to request: VisitorRequest) async -> VisitorAnswer {
        do throws(StoreError) {
            guard let rule = request.rule else { return .respond(error(404, request)) }
            if let step = request.handover { return try await handover(step, request, rule) }
            guard request.isAPICall else {
                return rule.shadow ? await inShadow(request, rule) : try await visit(request, rule)
            }
            let answer: VisitorAnswer
            if let call = APICall(request, rule: rule) {
                answer = try await api(call, request, rule)
            } else {
                answer = .respond(.problem(404, "Not Found", detail: "There is no such call."))
            }
            return answer.changing { readable($0, by: request) }
        } catch {
            let response = error.code == .elsewhere ? elsewhere(request) : unavailable(request)
            return .respond(request.isAPICall ? readable(response, by: request) : response)
        }
    }

    /// Ends a session on the origin's word. A store that is away has its time-outs to fall back on.
    package func end(_ session: SessionID, as end: SessionEnd, in room: RoomID) async {
        _ = try? await services.store.end(session, as: end, in: room)
    }

    // MARK: Visits of a room

    /// For those who bring no valid session token.
    func visit(_ request: VisitorRequest, _ rule: RoomRule) async throws(StoreError) -> VisitorAnswer {
        if let link = request.linkedPass { return followLink(link, request, rule) }
        // What a page loads beside itself makes no position.
        guard request.format != .short, let verdict = broughtPass(request, rule) else {
            return try await visit(request, rule, pass: nil)
        }
        switch verdict {
        case .flawed(let flaw): return .respond(refusal(of: flaw, request, rule))
        case .valid(let claims):
            let answer = try await visit(request, rule, pass: Pass(claims))
            // Used, or not needed by who stands as high or is through. Else it is kept for the next visit.
            return answer.hasPlace
                ? answer.adding(cookie: GateCookie.clearPass(rule.settings.id, isSecure: request.isSecure)) : answer
        }
    }

    private func visit(
        _ request: VisitorRequest, _ rule: RoomRule, pass: Pass?
    ) async throws(StoreError) -> VisitorAnswer {
        let room = rule.settings.id
        if let token = request.positionToken {
            switch readPosition(token, request, rule) {
            case .valid(let claims, let needsRefresh):
                if let stop = pace(claims, request, rule, counts: true) { return .respond(stop) }
                let outcome = try await services.store.claim(claims.positionID, in: room)
                switch outcome {
                case .session(_, let place):
                    return await grant(place.position.id, request, rule)
                case .waiting(let place):
                    activity.value.heartbeat(claims.positionID, in: room)
                    return try await queued(place, request, rule, reissues: needsRefresh, raisedBy: pass)
                case .unknown:
                    if let place = try await reenter(claims, in: room) {
                        return try await queued(place, request, rule, reissues: true, raisedBy: pass)
                    }
                case .ended(let place):
                    if let answer = try await ended(place, request, rule, pass) { return answer }
                }
            case .expired(let claims):
                if let answer = try await restore(claims, request, rule, pass) { return answer }
            case .misplaced(let claims):
                if let answer = try await move(claims, request, rule) { return answer }
            case .refused: break
            }
        }
        if let claims = request.misplacedSession, let answer = try await move(claims, request, rule) { return answer }
        if let claims = request.expiredSession, let answer = try await restore(claims, request, rule, pass) {
            return answer
        }
        return try await arrive(request, rule, pass)
    }

    /// What a token is worth that has run out: the place or session that the store still has, shown on the queue page
    /// with a fresh token. The door is opened by that one, with the next request, which the page makes by itself.
    private func restore(
        _ claims: TokenClaims, _ request: VisitorRequest, _ rule: RoomRule, _ pass: Pass?
    ) async throws(StoreError) -> VisitorAnswer? {
        let room = rule.settings.id
        if let stop = pace(claims, request, rule, counts: true) { return .respond(stop) }
        guard let place = try await place(of: claims, in: room) else { return nil }
        guard place.position.status.isHeld else { return try await ended(place, request, rule, pass) }
        activity.value.heartbeat(claims.positionID, in: room)
        return try await queued(place, request, rule, reissues: true, raisedBy: pass)
    }

    /// What a token is worth that is bound to another network: a challenge, which leads back to the place or session that
    /// the store still has.
    private func move(
        _ claims: TokenClaims, _ request: VisitorRequest, _ rule: RoomRule
    ) async throws(StoreError) -> VisitorAnswer? {
        guard let place = try await place(of: claims, in: rule.settings.id) else { return nil }
        if place.position.status == .moved { return .respond(movedAway(request, rule)) }
        guard rule.challenge.isOn, place.position.status.isHeld else { return nil }
        return askMoved(claims, request, rule).map { .respond($0) }
    }

    /// Where a position stands whose token is good; nil if the store does not know it (any more).
    func place(of claims: TokenClaims, in room: RoomID) async throws(StoreError) -> Place? {
        let places = try await services.store.places(of: [claims.positionID], in: room)
        if case let place?? = places.first { return place }
        return try await reenter(claims, in: room)
    }

    private func reenter(_ claims: TokenClaims, in room: RoomID) async throws(StoreError) -> Place? {
        try await services.store.reenter(
            claims.positionID, issued: Timestamp(milliseconds: claims.issuedAt * 1000), in: room)
    }

    /// Nobody that is known.
    private func arrive(
        _ request: VisitorRequest, _ rule: RoomRule, _ pass: Pass?
    ) async throws(StoreError) -> VisitorAnswer {
        if rule.inviteOnly, pass == nil { return .respond(inviteOnly(request, rule)) }
        if case .short = request.format {
            return .respond(
                VisitorResponse.short(503, "Please wait in line.", fields: [("Retry-After", "10")]).of(.queued))
        }
        // Who comes too early, or too late, costs the store nothing.
        let phase = times(rule).phase
        if phase == .scheduled || phase == .closed { return .respond(closed(request, rule, phase)) }
        let address = countedAddress(request, rule)
        if let refusal = crowdedLately(address, request, rule) { return .respond(refusal) }
        switch await screen(request, rule, pass) {
        case .passed(let id): return try await join(request, rule, pass, address, as: id)
        case .stopped(let response):
            guard rule.shadow else { return .respond(response) }
            // People would have solved it and joined.
            return try await join(request, rule, pass, address, as: nil).afterChallenge
        }
    }

    /// - Parameter made: the id of the new position, where it is known beforehand.
    private func join(
        _ request: VisitorRequest, _ rule: RoomRule, _ pass: Pass?, _ address: AddressDigest?, as made: PositionID?
    ) async throws(StoreError) -> VisitorAnswer {
        var generator = random.value
        let arrival = Arrival(
            id: made ?? PositionID(using: &generator), client: request.client, addressDigest: address, pass: pass)
        let outcome = try await services.store.arrive(arrival, in: rule.settings.id)
        withdraw(made, unless: outcome, rule)
        switch outcome {
        case .admitted(let place): return await grant(place.position.id, request, rule)
        case .waiting(let place): return await queued(place, request, rule, reissues: true)
        case .crowded: return .respond(crowdedNow(address, request, rule))
        case .closed(let phase): return .respond(closed(request, rule, phase))
        case .full, .ended, .taken: return .respond(full(request, rule))
        case .refused(let refusal): return .respond(self.refusal(of: .refused(refusal), request, rule))
        }
    }

    /// Lets the visitor through with a fresh session token.
    func grant(_ position: PositionID, _ request: VisitorRequest, _ rule: RoomRule) async -> VisitorAnswer {
        guard let token = await sessionToken(position, request, rule) else { return .respond(unavailable(request)) }
        let room = rule.settings.id
        tokens.value.readmit(SessionID(of: position))
        return .forward(
            Grant(
                holder: Grant.Holder(session: SessionID(of: position), position: position, token: token),
                cookies: [GateCookie.set(.session, room, token: token, isSecure: request.isSecure)]))
    }

    /// The queue page, or its JSON.
    func queued(
        _ place: Place, _ request: VisitorRequest, _ rule: RoomRule, reissues: Bool
    ) async -> VisitorAnswer {
        let room = rule.settings.id
        let snapshot = services.monitor.snapshot(of: room)
        let times = times(rule, snapshot)
        if case .page = request.format, place.position.status == .waiting, times.phase == .closed {
            return .respond(closed(request, rule, .closed))
        }
        var cookies: [String] = []
        var token = request.positionToken.map { String(decoding: $0, as: UTF8.self) }
        if reissues {
            token = await positionToken(place.position.id, request, rule)
            guard let token else { return .respond(unavailable(request)) }
            cookies = [GateCookie.set(.position, room, token: token, isSecure: request.isSecure)]
        }
        let settings = snapshot?.facts.settings ?? currentSettings(rule)
        let estimate = snapshot?.estimate(rank: place.rank)
        let pollAfter = PositionAnswer.pollAfter(place, settings)
        let isAdmitted = place.position.status != .waiting
        var response: VisitorResponse
        switch request.format {
        case .json:
            let answer = PositionAnswer(
                place: place, settings: settings, times: times, estimate: estimate, token: token,
                redirectURL: isAdmitted ? LocalTarget(request.returnTarget).text : nil)
            response = .json(rule.queueingStatusCode, answer.json)
        case .page:
            let range = estimate.map(PositionAnswer.range)
            let model = QueuePageModel(
                room: room, position: place.position.id,
                status: isAdmitted
                    ? .admitted
                    : times.opensIn != nil ? .preQueue : settings.status == .active ? .waiting : .paused,
                rank: isAdmitted ? 1 : place.rank, totalWaiting: place.totalWaiting,
                estimate: range.map { $0[0]...max($0[0], $0[1]) },
                heartbeatInterval: PositionAnswer.seconds(settings.heartbeatInterval), pollAfter: pollAfter,
                refreshAfter: PositionAnswer.seconds(Milliseconds(services.lifetime.count / 2)),
                redirectURL: request.returnTarget, requestID: request.requestID, notSent: !request.isSafe,
                now: services.clock(),
                opening: times.opensIn.map {
                    PageOpening(seconds: $0, draws: times.opening?.draws == true, commitment: times.draw?.commitment)
                }, method: times.method)
            let page = services.pages.queuePage(model, in: request.language, nonce: random.value.nonce())
            response = VisitorResponse(status: rule.queueingStatusCode, page: page)
        case .short:
            response = .short(503, "Please wait in line.")
        }
        response.kind = .queued
        response.cookies += cookies
        response.setQueueFields(retryAfter: pollAfter)
        return .respond(response)
    }

    /// The same of somebody who brings a pass along.
    func queued(
        _ place: Place, _ request: VisitorRequest, _ rule: RoomRule, reissues: Bool, raisedBy pass: Pass?
    ) async throws(StoreError) -> VisitorAnswer {
        guard let pass else { return await queued(place, request, rule, reissues: reissues) }
        switch try await raise(place, by: pass, in: rule.settings.id) {
        case .success(let raised): return await queued(raised, request, rule, reissues: reissues)
        case .failure(let refusal): return .respond(self.refusal(of: .refused(refusal), request, rule))
        }
    }

    // MARK: Tokens

    enum PositionTokenVerdict {
        case valid(TokenClaims, needsRefresh: Bool)
        case expired(TokenClaims)
        /// Good, alive or over, but bound to another network.
        case misplaced(TokenClaims)
        case refused
    }

    func readPosition(_ token: [UInt8], _ request: VisitorRequest, _ rule: RoomRule) -> PositionTokenVerdict {
        let now = services.clock().milliseconds / 1000
        let verdict = tokens.value.position(
            token, room: rule.settings.id, binding: rule.tokenBinding, facts: request.bindingFacts, now: now)
        switch verdict {
        case .valid(let verified):
            if rule.challenge.isOn, !verified.isReported {
                verified.isReported = true
                services.abuse.returned(verified.positionID, in: rule.settings.id, at: now * 1000)
            }
            return .valid(verified.claims, needsRefresh: now >= verified.claims.refreshAt)
        case .expired(let claims): return .expired(claims)
        case .misplaced(let claims): return .misplaced(claims)
        case .refused: return .refused
        }
    }

    /// Nil while the signers have more to do than they can.
    func positionToken(_ position: PositionID, _ request: VisitorRequest, _ rule: RoomRule) async -> String? {
        let claims = claims(position, session: nil, request, rule)
        return try? await services.signer.sign(.position, claims)
    }

    func sessionToken(_ position: PositionID, _ request: VisitorRequest, _ rule: RoomRule) async -> String? {
        let session = SessionID(of: position)
        let claims = claims(position, session: session, request, rule)
        if let known = issued[session], known.claims.binding == claims.binding,
            claims.issuedAt < known.claims.refreshAt
        {
            return known.token
        }
        guard let token = try? await services.signer.sign(.session, claims) else { return nil }
        if issued.count >= 4096 { issued.removeAll(keepingCapacity: true) }
        issued[session] = (token, claims)
        return token
    }

    private func claims(
        _ position: PositionID, session: SessionID?, _ request: VisitorRequest, _ rule: RoomRule
    ) -> TokenClaims {
        let now = services.clock().milliseconds / 1000
        return TokenClaims(
            positionID: position, queueID: rule.settings.id, sessionID: session, issuedAt: now,
            expiresAt: now + services.lifetime.count / 1000, binding: binding(of: request, rule),
            agentBinding: rule.challenge.isOn && rule.tokenBinding == .ipAndUserAgent
                ? binding(of: request, .userAgent) : nil)
    }

    /// Whom a token for this visitor is bound to; nil for nobody.
    func binding(of request: VisitorRequest, _ rule: RoomRule) -> BindingDigest? {
        binding(of: request, Binding(rule.tokenBinding))
    }

    private func binding(of request: VisitorRequest, _ binding: Binding) -> BindingDigest? {
        binding.digest(
            salt: services.salt, address: request.bindingFacts.address.span,
            userAgent: request.bindingFacts.userAgent.span)
    }

    /// The limits in force: the store's, so that all gates show the same.
    nonisolated func currentSettings(_ rule: RoomRule) -> RoomSettings {
        services.monitor.snapshot(of: rule.settings.id)?.facts.settings
            ?? rule.schedule.settings(at: services.clock())
    }

    nonisolated func times(_ rule: RoomRule) -> RoomTimes {
        times(rule, services.monitor.snapshot(of: rule.settings.id))
    }

    private nonisolated func times(_ rule: RoomRule, _ snapshot: RoomMonitor.Snapshot?) -> RoomTimes {
        let now = services.clock()
        return snapshot?.times(at: now) ?? RoomTimes(rule.schedule.settings(at: now), at: now)
    }
}

extension PositionStatus {
    /// The visitor still has a place or a slot.
    var isHeld: Bool { self == .waiting || self == .admitted || self == .active }
}

extension VisitorRequest {
    /// Where to go when it is the visitor's turn. A form that was not sent cannot be sent by a redirect: back to the
    /// page that it was on, if that is of this site.
    var returnTarget: String {
        if isSafe { return target }
        for scheme in ["http", "https"] {
            let site = "\(scheme)://\(host)/"
            if let referer, !host.isEmpty, referer.hasPrefix(site) { return "/" + referer.dropFirst(site.count) }
        }
        return "/"
    }
}
