import AbuseGuard
import NIOCore
import QueueStore
import RoomConfiguration
import SessionTokens
import WaitingRoom

/// Challenges (docs/ABUSE.md): who gets one, and what solving it leads to. Rooms with `challenge: off` never come here.
extension VisitorDesk {
    /// What becomes of somebody who wants to join.
    enum Screening {
        /// May join, with this id where the room has challenges: that of the solved one, or a new one.
        case passed(PositionID?)
        case stopped(VisitorResponse)
    }

    /// - Parameter pass: whoever brings one has the operator's word.
    func screen(_ request: VisitorRequest, _ rule: RoomRule, _ pass: Pass?) async -> Screening {
        guard rule.challenge.isOn, pass == nil else { return .passed(nil) }
        if let field = request.challengeAnswer {
            switch await judge(ChallengeAnswer(field: field), about: [nil], request, rule) {
            case .solved(let challenge, _):
                guard let id = services.abuse.authority.position(for: challenge) else {
                    return .stopped(unavailable(request))
                }
                expect(id, request, rule)
                return .passed(id)
            case .unavailable: return .stopped(unavailable(request))
            case .wrong: break
            }
        }
        let (score, work) = services.abuse.judge(
            request.visitorKey, request.isAPICall ? nil : request.traits, in: currentSettings(rule),
            at: services.clock().milliseconds)
        if score.isSuspicious, let heaviest = score.signals.first {
            return .stopped(
                challenge(.join, .signal(heaviest), score.signals, about: nil, work: work, request, rule))
        }
        if rule.challenge.mode == .always {
            return .stopped(challenge(.join, .always, score.signals, about: nil, work: work, request, rule))
        }
        var generator = random.value
        let id = PositionID(using: &generator)
        expect(id, request, rule)
        return .passed(id)
    }

    /// Tells of sessions whose cookie came back: a few times a second, so that newcomers who are about to come back are
    /// not taken for ghosts. On the loop.
    package nonisolated func noteReturns() {
        let returned = activity.value.takeReturned()
        guard !returned.isEmpty else { return }
        let now = services.clock().milliseconds
        for entry in returned { services.abuse.returned(entry.position, in: entry.room, at: now) }
    }

    /// A newcomer is about to get a position and its cookie. Counted before the store is asked, or all who ask at once
    /// would pass before the first of them counts.
    private func expect(_ position: PositionID, _ request: VisitorRequest, _ rule: RoomRule) {
        services.abuse.gave(position, to: request.visitorKey, in: rule.settings.id, at: services.clock().milliseconds)
    }

    /// There was no place for a newcomer after all, so that no cookie will come back.
    func withdraw(_ position: PositionID?, unless outcome: ArrivalOutcome, _ rule: RoomRule) {
        switch outcome {
        case .waiting, .admitted: return
        default: break
        }
        guard let position, rule.challenge.isOn else { return }
        services.abuse.returned(position, in: rule.settings.id, at: services.clock().milliseconds)
    }

    /// A challenge for somebody in line who polls like a program, in place of what was asked for; nil for others.
    /// - Parameter counts: whether this request is a poll at a time of the client's own choice.
    func pace(
        _ claims: TokenClaims, _ request: VisitorRequest, _ rule: RoomRule, counts: Bool
    ) -> VisitorResponse? {
        // In shadow there is no page that polls: what comes are requests for the site.
        guard rule.challenge.isOn, request.isAPICall || !rule.shadow else { return nil }
        let position = claims.positionID
        let now = services.clock().milliseconds
        // Those far behind are told to wait longer, but where this one stands only the store knows.
        let pollAfter = min(2000, Int64(max(1000, rule.settings.heartbeatTimeout.count / 3)))
        let signal =
            counts
            ? services.abuse.polled(position, at: now, pollAfter: pollAfter) : services.abuse.pace(of: position)
        guard let signal else { return nil }
        let work = services.abuse.work(for: request.visitorKey, signal, at: now)
        return challenge(.pace, .signal(signal), [signal], about: position, work: work, request, rule)
    }

    /// A challenge for somebody whose token is bound to another network; nil where there are none.
    func askMoved(_ claims: TokenClaims, _ request: VisitorRequest, _ rule: RoomRule) -> VisitorResponse? {
        guard rule.challenge.isOn else { return nil }
        let work = services.abuse.work(for: request.visitorKey, nil, at: services.clock().milliseconds)
        return challenge(.network, .network, [], about: claims.positionID, work: work, request, rule)
    }

    // MARK: Asking

    private func challenge(
        _ purpose: Challenge.Purpose, _ reason: ChallengeReason, _ signals: [AbuseSignal],
        about position: PositionID?, work: Work, _ request: VisitorRequest, _ rule: RoomRule
    ) -> VisitorResponse {
        let now = services.clock().milliseconds
        let provider = rule.challenge.provider
        var generator = random.value
        let issued = services.abuse.authority.issue(
            purpose, reason: reason, work: provider == .proofOfWork ? work : nil,
            to: request.challengeSubject(rule, position), at: now, using: &generator)
        guard let issued else { return unavailable(request) }
        services.abuse.count(.issued, reason, in: rule.settings.id, at: now)
        var reasons = signals.map(\.rawValue)
        if reasons.isEmpty { reasons = [reason.name] }
        var response: VisitorResponse
        if request.format == .page, !request.isAPICall {
            let model = ChallengePageModel(
                room: rule.settings.id, challenge: issued.text, work: issued.challenge.work, provider: provider,
                keepsPlace: position != nil, redirectURL: request.returnTarget, requestID: request.requestID,
                notSent: !request.isSafe)
            let page = services.pages.challengePage(model, in: request.language, nonce: random.value.nonce())
            response = VisitorResponse(status: 403, page: page)
        } else {
            let problem = ChallengeProblem(
                challenge: issued.challenge, text: issued.text, provider: provider, reasons: reasons)
            response = .json(403, problem.json)
            response.contentType = "application/problem+json"
        }
        response.kind = .challenged
        response.note = reasons.joined(separator: ",")
        response.fields += [
            (ChallengeProblem.field, provider.name), ("Vary", "Cookie, Accept, Accept-Language, Sec-Fetch-Dest"),
        ]
        return response
    }

    // MARK: Answers

    private enum Judgement {
        /// Which of the positions it was about; nil for a newcomer's.
        case solved(Challenge, PositionID?)
        case wrong
        /// The provider does not answer, or the gate asks too much of it already.
        case unavailable
    }

    /// - Parameter positions: what the challenge may be about.
    private func judge(
        _ answer: ChallengeAnswer?, about positions: [PositionID?], _ request: VisitorRequest, _ rule: RoomRule
    ) async -> Judgement {
        guard let answer else { return .wrong }
        let room = rule.settings.id
        let now = services.clock().milliseconds
        for position in positions {
            let subject = request.challengeSubject(rule, position)
            let verdict = services.abuse.authority.judge(
                answer.challenge, solution: answer.solution, by: subject, at: now)
            switch verdict {
            case .foreign: continue
            case .unsolved(let challenge):
                services.abuse.count(.failed, challenge.reason, in: room, at: now)
                return .wrong
            case .accepted(let challenge):
                let outcome = await outcome(of: challenge, answer, rule.challenge.provider)
                services.abuse.count(outcome, challenge.reason, in: room, at: now)
                switch outcome {
                case .solved, .admitted: return .solved(challenge, position)
                case .deferred: return .unavailable
                case .failed, .issued: return .wrong
                }
            }
        }
        return .wrong
    }

    private func outcome(
        of challenge: Challenge, _ answer: ChallengeAnswer, _ provider: ChallengeProvider
    ) async -> AbuseWatch.Outcome {
        // Work that was done counts, whatever the room asks for since.
        if challenge.work != nil { return .solved }
        guard case .captcha(let service) = provider else { return .failed }
        switch await services.captcha?.verify(answer.solution, by: service) ?? .unknown("nobody to ask") {
        case .good: return .solved
        case .bad: return .failed
        case .busy: return .deferred
        case .unknown: return service.failure == .admit ? .admitted : .deferred
        }
    }

    /// `POST challenge`.
    func solve(_ request: VisitorRequest, _ rule: RoomRule) async throws(StoreError) -> VisitorAnswer {
        guard rule.challenge.isOn else {
            return .respond(.problem(404, "Not Found", detail: "This room asks for no challenges."))
        }
        guard let answer = ChallengeAnswer(body: request.body) else {
            return .respond(
                .problem(400, "Bad Request", detail: "The body is not a JSON object with challenge and solution."))
        }
        if answer.isAutomated {
            services.abuse.isAutomated(request.visitorKey, at: services.clock().milliseconds)
        }
        let known = knownPositions(request, rule)
        switch await judge(answer, about: [nil] + known.map { $0.claims.positionID }, request, rule) {
        case .wrong:
            return .respond(
                .problem(
                    403, "Forbidden",
                    detail: "This does not solve a challenge of yours, or too late. Ask again for a new one."))
        case .unavailable: return .respond(unavailable(request))
        case .solved(let challenge, nil): return try await join(by: challenge, request, rule)
        case .solved(let challenge, let position?):
            guard let found = known.first(where: { $0.claims.positionID == position }) else {
                return .respond(Self.unknownPosition)
            }
            guard let place = try await place(of: found.claims, in: rule.settings.id) else {
                return .respond(Self.unknownPosition)
            }
            if challenge.purpose == .pace { services.abuse.clear(position, at: services.clock().milliseconds) }
            let isSame = !found.isMisplaced
            return try await proved(place, request, rule, token: isSame ? found.token : nil)
        }
    }

    /// The positions that the caller's tokens name, whether they are good here or bound to another network.
    private func knownPositions(
        _ request: VisitorRequest, _ rule: RoomRule
    ) -> [(claims: TokenClaims, token: [UInt8]?, isMisplaced: Bool)] {
        var known: [(claims: TokenClaims, token: [UInt8]?, isMisplaced: Bool)] = []
        if let token = request.bearerToken ?? request.positionToken {
            switch readPosition(token, request, rule) {
            case .valid(let claims, _), .expired(let claims): known.append((claims, token, false))
            case .misplaced(let claims): known.append((claims, nil, true))
            case .refused: break
            }
        }
        if let token = request.bearerToken ?? request.sessionToken,
            case .misplaced(let claims) = readSession(token, request, rule)
        {
            known.append((claims, nil, true))
        }
        return known
    }

    private func join(
        by challenge: Challenge, _ request: VisitorRequest, _ rule: RoomRule
    ) async throws(StoreError) -> VisitorAnswer {
        if rule.inviteOnly { return .respond(Self.forbidden(Self.inviteOnlyDetail)) }
        guard let id = services.abuse.authority.position(for: challenge) else { return .respond(unavailable(request)) }
        if currentSettings(rule).status == .maintenance { return .respond(maintenance(request)) }
        let address = countedAddress(request, rule)
        if let refusal = crowdedLately(address, request, rule) { return .respond(refusal) }
        let arrival = Arrival(id: id, client: request.client, addressDigest: address)
        expect(id, request, rule)
        let outcome = try await services.store.arrive(arrival, in: rule.settings.id)
        withdraw(id, unless: outcome, rule)
        switch outcome {
        case .waiting(let place), .admitted(let place):
            return try await position(place, request, rule, status: 201, token: nil, mayRefresh: true)
        case .full: return .respond(full(request, rule))
        case .crowded: return .respond(crowdedNow(address, request, rule))
        case .closed(let phase): return .respond(closed(request, rule, phase, asProblem: true))
        case .ended, .taken:
            return .respond(.problem(403, "Forbidden", detail: "This challenge has made its place already."))
        case .refused(let refusal): return .respond(Self.forbidden(PassFlaw.refused(refusal).detail))
        }
    }

    /// The place goes on: with the tokens that it had, or with new ones for the network that the visitor is on now.
    private func proved(
        _ place: Place, _ request: VisitorRequest, _ rule: RoomRule, token: [UInt8]?
    ) async throws(StoreError) -> VisitorAnswer {
        let room = rule.settings.id
        let id = place.position.id
        guard token == nil, place.position.status.isHeld else {
            return try await position(place, request, rule, status: 200, token: token, mayRefresh: true)
        }
        if let binding = binding(of: request, rule) { services.announceMove(of: id, to: binding) }
        let answer = try await position(place, request, rule, status: 200, token: nil, mayRefresh: true)
        guard case .respond(var response) = answer, place.position.status != .waiting,
            let session = await sessionToken(id, request, rule)
        else { return answer }
        response.cookies.append(GateCookie.set(.session, room, token: session, isSecure: request.isSecure))
        return .respond(response)
    }
}

extension VisitorRequest {
    /// Whom the tables of `AbuseWatch` know.
    var visitorKey: VisitorKey { VisitorKey(address: client.address, userAgent: client.userAgent) }

    func challengeSubject(_ rule: RoomRule, _ position: PositionID?) -> ChallengeAuthority.Subject {
        ChallengeAuthority.Subject(
            room: rule.settings.id, position: position, address: client.address, userAgent: bindingFacts.userAgent)
    }
}
