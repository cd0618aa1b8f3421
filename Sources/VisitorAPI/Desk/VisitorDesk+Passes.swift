import NIOCore
import QueueStore
import RoomConfiguration
import SessionTokens
import WaitingRoom

/// Signed passes: by link, by cookie, and by the API.
extension VisitorDesk {
    enum PassVerdict {
        case valid(PassClaims)
        case flawed(PassFlaw)
    }

    /// What a pass is worth in this room, but for its uses, which only the store counts.
    func readPass(_ token: [UInt8], _ rule: RoomRule) -> PassVerdict {
        let now = services.clock().milliseconds / 1000
        guard let claims = tokens.value.pass(token, now: now), claims.queueID == rule.settings.id else {
            return .flawed(.foreign)
        }
        if rule.revokedPasses.contains(claims.id) { return .flawed(.revoked) }
        return now < claims.expiresAt ? .valid(claims) : .flawed(.refused(.over))
    }

    /// Takes the pass out of the address: the same again without it, and the pass as a cookie.
    func followLink(_ token: [UInt8], _ request: VisitorRequest, _ rule: RoomRule) -> VisitorAnswer {
        // Who sends a form sends it again to the new address; nobody else may make a form of a link.
        var response = VisitorResponse.short(request.isSafe ? 303 : 307, "Please go on without the pass.")
        response.fields += [("Location", LocalTarget(request.target).text), ("Referrer-Policy", "no-referrer")]
        response.kind = .page
        switch readPass(token, rule) {
        case .flawed(let flaw):
            guard rule.shadow else { return .respond(refusal(of: flaw, request, rule)) }
        case .valid(let claims):
            response.cookies = [
                GateCookie.setPass(
                    rule.settings.id, token: String(decoding: token, as: UTF8.self),
                    life: claims.expiresAt - services.clock().milliseconds / 1000, isSecure: request.isSecure)
            ]
        }
        return .respond(response)
    }

    /// The pass that a visit brings along in its cookie.
    func broughtPass(_ request: VisitorRequest, _ rule: RoomRule) -> PassVerdict? {
        request.passToken.map { readPass($0, rule) }
    }

    /// A visitor's place after the pass has moved it up, if it does.
    func raise(
        _ place: Place, by pass: Pass, in room: RoomID
    ) async throws(StoreError) -> Result<Place, PassRefusal> {
        guard place.position.status == .waiting, place.position.priority < pass.priority else { return .success(place) }
        switch try await services.store.present(pass, for: place.position.id, in: room) {
        case .place(let raised): return .success(raised)
        case .refused(let refusal): return .failure(refusal)
        case .unknown: return .success(place)
        }
    }

    /// The pass is of no use: told so once, and whoever goes on does so without it.
    nonisolated func refusal(of flaw: PassFlaw, _ request: VisitorRequest, _ rule: RoomRule) -> VisitorResponse {
        var response = notice(
            request, rule, title: "The pass is not valid", detail: flaw.detail, heading: .passRefusedHeading,
            text: .passRefusedText, goesOn: !rule.inviteOnly)
        response.cookies = [GateCookie.clearPass(rule.settings.id, isSecure: request.isSecure)]
        return response
    }

    /// The room is for those who have a pass; no position was made.
    nonisolated func inviteOnly(_ request: VisitorRequest, _ rule: RoomRule) -> VisitorResponse {
        notice(
            request, rule, title: "By invitation only", detail: Self.inviteOnlyDetail, heading: .inviteOnlyHeading,
            text: .inviteOnlyText, goesOn: false)
    }

    static var inviteOnlyDetail: String { "This room is by invitation only: a pass is needed." }

    private nonisolated func notice(
        _ request: VisitorRequest, _ rule: RoomRule, title: String, detail: String, heading: Phrase, text: Phrase,
        goesOn: Bool
    ) -> VisitorResponse {
        var response: VisitorResponse
        switch request.format {
        case .page:
            let page = services.pages.passPage(
                heading, text, room: rule.settings.id, requestID: request.requestID,
                next: goesOn ? request.returnTarget : nil, in: request.language, nonce: random.value.nonce())
            response = VisitorResponse(status: 403, page: page)
        case .json: response = .problem(403, title, detail: detail)
        case .short: response = .short(403, title)
        }
        response.kind = .page
        response.fields.append(("Vary", "Cookie, Accept, Accept-Language, Sec-Fetch-Dest"))
        return response
    }
}

extension PassRefusal: Error {}

extension VisitorAnswer {
    /// Whether it is for somebody who has a place or is through.
    var hasPlace: Bool {
        switch self {
        case .respond(let response): response.kind == .queued
        case .forward, .live: true
        }
    }

    /// The same with one more cookie.
    func adding(cookie: String) -> VisitorAnswer {
        switch self {
        case .respond(var response):
            response.cookies.append(cookie)
            return .respond(response)
        case .forward(var grant):
            grant.cookies.append(cookie)
            return .forward(grant)
        case .live: return self
        }
    }
}
