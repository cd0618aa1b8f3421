import NIOCore
import QueueStore
import RoomConfiguration
import SessionTokens
import WaitingRoom

/// Who calls the HTTP API: the tokens that a call brings, and whose place or session they are.
extension VisitorDesk {
    enum Identified<Value> {
        case success(Value)
        case failure(VisitorResponse)
    }

    struct Caller {
        var claims: TokenClaims
        var token: [UInt8]
        var isExpired: Bool
    }

    func identify(_ request: VisitorRequest, _ rule: RoomRule) -> Identified<Caller> {
        guard let token = request.bearerToken ?? request.positionToken else {
            return .failure(Self.unauthorized("There is no position token."))
        }
        switch readPosition(token, request, rule) {
        case .valid(let claims, _): return .success(Caller(claims: claims, token: token, isExpired: false))
        case .expired(let claims): return .success(Caller(claims: claims, token: token, isExpired: true))
        case .misplaced(let claims):
            return .failure(
                askMoved(claims, request, rule)
                    ?? Self.unauthorized("The position token is bound to another network."))
        case .refused: return .failure(Self.unauthorized("The position token is not valid here."))
        }
    }

    /// The caller's position, alive or ended; a sign of life if it waits.
    func held(
        _ request: VisitorRequest, _ rule: RoomRule
    ) async throws(StoreError) -> Identified<(place: Place, token: [UInt8])> {
        switch identify(request, rule) {
        case .failure(let response): return .failure(response)
        case .success(let caller):
            let room = rule.settings.id
            // A long poll ends when the line moves: its pace is the gate's.
            if let stop = pace(caller.claims, request, rule, counts: request.waitSpan == nil) {
                return .failure(stop)
            }
            guard let place = try await place(of: caller.claims, in: room) else {
                return .failure(Self.unknownPosition)
            }
            if place.position.status == .waiting { activity.value.heartbeat(place.position.id, in: room) }
            return .success((place, caller.token))
        }
    }

    func identifySession(_ request: VisitorRequest, _ rule: RoomRule) -> Identified<TokenClaims> {
        guard let token = request.bearerToken ?? request.sessionToken else {
            return .failure(Self.unauthorized("There is no session token."))
        }
        switch readSession(token, request, rule) {
        case .valid(let session): return .success(session.claims)
        // The store knows whether the session lives; the token only says which one.
        case .expired(let claims): return .success(claims)
        case .misplaced(let claims):
            return .failure(
                askMoved(claims, request, rule)
                    ?? Self.unauthorized("The session token is bound to another network."))
        case .refused: return .failure(Self.unauthorized("The session token is not valid here."))
        }
    }

    func readSession(_ token: [UInt8], _ request: VisitorRequest, _ rule: RoomRule) -> LoopTokens.Verdict {
        tokens.value.session(
            token, room: rule.settings.id, binding: rule.tokenBinding, facts: request.bindingFacts,
            now: services.clock().milliseconds / 1000)
    }

    static func unauthorized(_ detail: String) -> VisitorResponse {
        .problem(401, "Unauthorized", detail: detail, fields: [("WWW-Authenticate", "Bearer")])
    }

    static var unknownPosition: VisitorResponse {
        .problem(404, "Not Found", detail: "The position is not known (any more).")
    }
}

extension VisitorDesk.PositionTokenVerdict {
    /// The claims of a token with a good signature.
    var claims: TokenClaims? {
        switch self {
        case .valid(let claims, _), .expired(let claims): claims
        case .misplaced, .refused: nil
        }
    }
}
