import APIBodies
import NIOCore
import QueueStore
import RoomConfiguration
import SessionTokens
import WaitingRoom

/// Moving a place to another device, by a one-time code; docs/QUEUE_MANAGEMENT.md.
extension VisitorDesk {
    /// What became of a code that was brought.
    enum Move {
        case moved(Place)
        case wrong
        case over(PositionStatus)
        /// In how many seconds codes are looked at again.
        case crowded(seconds: Int64)
        /// libcrypto fails.
        case failed
    }

    // MARK: The API

    /// `POST handover`: a code for the caller's place.
    func offerHandover(_ request: VisitorRequest, _ rule: RoomRule) async throws(StoreError) -> VisitorAnswer {
        switch identify(request, rule) {
        case .failure(let response): return .respond(response)
        case .success(let caller):
            if caller.isExpired {
                return .respond(Self.unauthorized("The position token has run out; a heartbeat gives a new one."))
            }
            let room = rule.settings.id
            guard let (code, offer) = try await offer(caller.claims.positionID, in: room) else {
                return .respond(unavailable(request))
            }
            switch offer {
            case .offered(let end):
                let link = address(of: .move, request, rule, code: code)
                var json = JSONText()
                json.object {
                    $0.member("queue_id", room.text)
                    $0.member("position_id", caller.claims.positionID.description)
                    $0.member("code", code.grouped)
                    $0.member("url", link)
                    $0.member("expires_at", end)
                }
                return .respond(.json(201, json))
            case .over(let status): return .respond(Self.over(status))
            case .unknown: return .respond(Self.unknownPosition)
            case .crowded:
                return .respond(
                    .problem(
                        503, "Service Unavailable", detail: "Too many codes are out; ask again in a minute.",
                        fields: [("Retry-After", "60")]))
            }
        }
    }

    /// `POST handover/claim`: the place of a code for the caller.
    func claimHandover(_ request: VisitorRequest, _ rule: RoomRule) async throws(StoreError) -> VisitorAnswer {
        // From a neighbouring host the visitor's cookies come along, and the place that they name would be given up.
        guard request.positionToken == nil || !isOfStrangers(request) else {
            return .respond(.problem(403, "Forbidden", detail: "A page of another site cannot move a place."))
        }
        let body: HandoverBody
        do throws(BodyMistake) {
            body = try HandoverBody(request.body)
        } catch {
            return .respond(.problem(error))
        }
        switch try await move(body.code, attempt: body.attempt, request, rule) {
        case .moved(let place):
            return try await position(place, request, rule, status: 200, token: nil, mayRefresh: true)
        case .wrong:
            return .respond(
                .problem(
                    404, "Not Found", detail: "There is no such code: it was used, or is older than five minutes."))
        case .over(let status): return .respond(Self.over(status))
        case .crowded(let seconds):
            return .respond(
                .problem(
                    429, "Too Many Requests", detail: "Too many codes were wrong lately; call again in \(seconds) s.",
                    fields: [("Retry-After", "\(seconds)")]
                ).of(.limited))
        case .failed: return .respond(unavailable(request))
        }
    }

    private static func over(_ status: PositionStatus) -> VisitorResponse {
        .problem(409, "Conflict", detail: "The place can move no more: the position is \(status.rawValue).")
    }

    // MARK: The pages

    func handover(
        _ step: HandoverStep, _ request: VisitorRequest, _ rule: RoomRule
    ) async throws(StoreError) -> VisitorAnswer {
        switch (step, request.method) {
        case (.move, "GET"), (.move, "HEAD"):
            let query = FormBody((request.query ?? "").utf8)
            return .respond(movePage(query["code"].flatMap { HandoverCode(typed: $0) }, request, rule))
        case (_, "POST"): break
        default: return .respond(entrance(request, rule))
        }
        // A form of another site's would put a place of its choice upon the visitor.
        guard request.isOfThisSite else { return .respond(error(403, request)) }
        switch step {
        case .offer: return try await offerPage(request, rule)
        case .move: return try await move(request, rule)
        case .again:
            var response = entrance(request, rule)
            response.cookies = [TokenKind.position, .session].map {
                GateCookie.clear($0, rule.settings.id, isSecure: request.isSecure)
            }
            return .respond(response)
        }
    }

    private func offerPage(_ request: VisitorRequest, _ rule: RoomRule) async throws(StoreError) -> VisitorAnswer {
        if case .refused = await count(.handover, request, rule) { return .respond(error(429, request)) }
        // The queue page tells what became of a place that has none to give.
        guard case .success(let caller) = identify(request, rule), !caller.isExpired else {
            return .respond(entrance(request, rule))
        }
        guard let (code, offer) = try await offer(caller.claims.positionID, in: rule.settings.id) else {
            return .respond(unavailable(request))
        }
        switch offer {
        case .offered:
            let picture = await Self.picture(of: address(of: .move, request, rule, code: code))
            return .respond(
                page(
                    .code(
                        code, address: address(of: .move, request, rule), picture: picture, target: rule.entrance,
                        heartbeatInterval: PositionAnswer.seconds(currentSettings(rule).heartbeatInterval)),
                    200, request, rule))
        case .over, .unknown: return .respond(entrance(request, rule))
        case .crowded: return .respond(error(503, request))
        }
    }

    private func move(_ request: VisitorRequest, _ rule: RoomRule) async throws(StoreError) -> VisitorAnswer {
        if case .refused = await count(.claimHandover, request, rule) {
            services.handovers.count(.limited, in: rule.settings.id)
            return .respond(error(429, request))
        }
        let form = FormBody(request.body)
        guard let code = form["code"].flatMap({ HandoverCode(typed: $0) }) else {
            return .respond(movePage(nil, isWrong: true, request, rule))
        }
        let attempt = form["attempt"].flatMap { $0.isEmpty ? nil : String($0.prefix(HandoverBody.longestAttempt)) }
        switch try await move(code, attempt: attempt, request, rule) {
        case .moved(let place):
            let id = place.position.id
            guard let token = await positionToken(id, request, rule) else { return .respond(unavailable(request)) }
            var response = entrance(request, rule)
            response.cookies = [
                GateCookie.set(.position, rule.settings.id, token: token, isSecure: request.isSecure)
            ]
            return .respond(response)
        case .wrong, .over: return .respond(movePage(nil, isWrong: true, request, rule))
        case .crowded: return .respond(error(429, request))
        case .failed: return .respond(unavailable(request))
        }
    }

    /// Drawn on another thread: it takes as long as a signature.
    @concurrent private static func picture(of link: String) async -> QRCode? { QRCode(link) }

    /// The visitor's place has moved to another device: told so, and not put into the line again.
    func movedAway(_ request: VisitorRequest, _ rule: RoomRule) -> VisitorResponse {
        var response: VisitorResponse
        switch request.format {
        case .page: response = page(.moved(action: path(of: .again, rule)), 409, request, rule)
        case .json:
            response = .problem(
                409, "The place has moved",
                detail: "It is held by another device. Without this position's token one joins again.")
        case .short: response = .short(409, "The place has moved to another device.")
        }
        response.kind = .page
        response.fields.append(("Vary", "Cookie, Accept, Accept-Language, Sec-Fetch-Dest"))
        return response
    }

    private func movePage(
        _ code: HandoverCode?, isWrong: Bool = false, _ request: VisitorRequest, _ rule: RoomRule
    ) -> VisitorResponse {
        page(
            .move(action: path(of: .move, rule), code: code, attempt: random.value.nonce(), isWrong: isWrong),
            isWrong ? 404 : 200, request, rule)
    }

    private func page(
        _ content: HandoverPage.Content, _ status: Int, _ request: VisitorRequest, _ rule: RoomRule
    ) -> VisitorResponse {
        VisitorResponse(
            status: status,
            page: services.pages.handoverPage(
                content, room: rule.settings.id, requestID: request.requestID, in: request.language,
                nonce: random.value.nonce()))
    }

    /// To the room, where the visitor's cookie says the rest.
    private func entrance(_ request: VisitorRequest, _ rule: RoomRule) -> VisitorResponse {
        var response = VisitorResponse.short(303, "Please go on.")
        response.fields.append(("Location", LocalTarget(rule.entrance).text))
        response.kind = .page
        return response
    }

    private func path(of step: HandoverStep, _ rule: RoomRule) -> String {
        "\(services.pages.reservedPath)/rooms/\(rule.settings.id.text)\(step.rawValue)"
    }

    private func address(
        of step: HandoverStep, _ request: VisitorRequest, _ rule: RoomRule, code: HandoverCode? = nil
    ) -> String {
        "\(request.isSecure ? "https" : "http")://\(request.host)\(path(of: step, rule))"
            + (code.map { "?code=\($0.text)" } ?? "")
    }

    // MARK: The store

    /// Nil if libcrypto fails.
    private func offer(
        _ position: PositionID, in room: RoomID
    ) async throws(StoreError) -> (HandoverCode, HandoverOffer)? {
        var generator = SystemRandomNumberGenerator()
        let code = HandoverCode(using: &generator)
        guard let digest = services.handoverKeys.digest(of: code, in: room) else { return nil }
        let offer = try await services.store.offer(position, under: digest, in: room)
        switch offer {
        case .offered:
            services.handovers.count(.offered, in: room)
            activity.value.heartbeat(position, in: room)
        case .over, .unknown, .crowded: services.handovers.count(.refused, in: room)
        }
        return (code, offer)
    }

    /// - Parameter attempt: nil: one of its own.
    private func move(
        _ code: HandoverCode, attempt: String?, _ request: VisitorRequest, _ rule: RoomRule
    ) async throws(StoreError) -> Move {
        let room = rule.settings.id
        let attempt = attempt ?? random.value.nonce()
        guard let digest = services.handoverKeys.digest(of: code, in: room),
            let id = services.handoverKeys.position(for: code, attempt: attempt, in: room)
        else { return .failed }
        switch try await services.store.takeOver(with: digest, as: id, in: room) {
        case .moved(let place):
            services.handovers.count(.moved, in: room)
            try await giveUpOwn(unless: place.position.id, request, rule)
            return .moved(place)
        case .wrong:
            services.handovers.count(.wrong, in: room)
            return .wrong
        case .over(let status):
            services.handovers.count(.refused, in: room)
            return .over(status)
        case .crowded(let wait):
            services.handovers.count(.limited, in: room)
            return .crowded(seconds: RateFields.seconds(wait))
        }
    }

    /// Whoever takes a place over leaves the one held before: one device, one place.
    private func giveUpOwn(
        unless taken: PositionID, _ request: VisitorRequest, _ rule: RoomRule
    ) async throws(StoreError) {
        guard let token = request.bearerToken ?? request.positionToken,
            let own = readPosition(token, request, rule).claims?.positionID, own != taken
        else { return }
        _ = try await services.store.leave(own, in: rule.settings.id)
    }
}

extension VisitorRequest {
    /// Whether no other site's page made the request, as far as the browser says (RFC 6454 §7).
    var isOfThisSite: Bool {
        guard let origin else { return true }
        return origin == "http://\(host)" || origin == "https://\(host)"
    }
}
