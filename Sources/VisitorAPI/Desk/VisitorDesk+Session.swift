import NIOCore
import QueueStore
import RoomConfiguration
import SessionTokens
import WaitingRoom

/// The session's part of the HTTP API.
extension VisitorDesk {
    func session(_ request: VisitorRequest, _ rule: RoomRule) async throws(StoreError) -> VisitorAnswer {
        switch identifySession(request, rule) {
        case .failure(let response): return .respond(response)
        case .success(let claims):
            let room = rule.settings.id
            guard let id = claims.sessionID, let session = try await services.store.session(id, in: room) else {
                return .respond(.problem(404, "Not Found", detail: "The session is not known (any more)."))
            }
            var cookies: [String] = []
            var token: String?
            if request.method == "POST", session.status == .active {
                let beat = SessionActivity(
                    session: id, position: claims.positionID, pageViews: 0, client: request.client)
                _ = try await services.store.record(Activity(sessions: [beat]), in: room)
                if services.clock().milliseconds / 1000 >= claims.refreshAt {
                    token = await sessionToken(claims.positionID, request, rule)
                    if let token {
                        cookies.append(GateCookie.set(.session, room, token: token, isSecure: request.isSecure))
                    }
                }
            }
            let shown = try await services.store.session(id, in: room) ?? session
            var json = JSONText()
            json.object {
                $0.member("session_id", shown.id.description)
                $0.member("queue_id", room.text)
                $0.member("position_id", shown.positionID.description)
                $0.member("status", shown.status.rawValue)
                if let user = shown.userID {
                    $0.member("user_id", user.name)
                    $0.member("user_id_verified", user.isVerified)
                }
                $0.member("started_at", shown.startedAt)
                $0.member("expires_at", shown.expiresAt)
                $0.member("last_seen", shown.lastSeen)
                $0.member("page_views", shown.pageViews)
                if let token { $0.member("session_token", token) }
            }
            return .respond(.json(200, json, cookies: cookies))
        }
    }

    func complete(_ request: VisitorRequest, _ rule: RoomRule) async throws(StoreError) -> VisitorAnswer {
        switch identifySession(request, rule) {
        case .failure(let response): return .respond(response)
        case .success(let claims):
            let room = rule.settings.id
            guard let session = claims.sessionID else { return .respond(Self.unauthorized("No session token.")) }
            // First the store: a token that was refused for a step that it could not take would not be taken again.
            _ = try await services.store.end(session, as: .completed, in: room)
            tokens.value.revoke(session)
            return .respond(
                .noContent(cookies: [
                    GateCookie.clear(.session, room, isSecure: request.isSecure),
                    GateCookie.clear(.position, room, isSecure: request.isSecure),
                ]))
        }
    }
}
