package import WaitingRoom

/// What a signed pass says: who has it may join its room with a priority, as often as it has uses. It names nobody.
package struct PassClaims: Hashable, Sendable {
    /// The `typ` header parameter: a pass is never accepted as another token, nor another as a pass (RFC 8725 §3.11).
    package static let type = "pass+jwt"
    /// What a pass may give; the API takes no more.
    package static let priorities = 0...1_000
    package static let useLimit = 1_000_000

    /// The claim `jti`.
    package var id: PassID
    package var queueID: RoomID
    package var priority: Int
    package var uses: Int
    /// Whole seconds since 1970.
    package var issuedAt: Int64
    /// Whole seconds since 1970; at this second the pass has ended.
    package var expiresAt: Int64

    package init(id: PassID, queueID: RoomID, priority: Int, uses: Int, issuedAt: Int64, expiresAt: Int64) {
        self.id = id
        self.queueID = queueID
        self.priority = priority
        self.uses = uses
        self.issuedAt = issuedAt
        self.expiresAt = expiresAt
    }

    /// The payload, as the JSON that is signed.
    package func json() -> [UInt8] {
        Array(
            ("{\"jti\":\"\(id)\",\"queue_id\":\"\(queueID)\",\"priority\":\(priority),\"uses\":\(uses)"
                + ",\"iat\":\(issuedAt),\"exp\":\(expiresAt)}").utf8)
    }

    /// Nil unless the payload holds the claims of a pass; other claims are ignored (RFC 7519 §4).
    init?(json: Span<UInt8>) {
        guard let object = JSONObject(json),
            let id = object.string("jti", in: json).flatMap({ PassID(json.extracting($0)) }),
            let queueID = object.string("queue_id", in: json).flatMap({ RoomID(json.extracting($0)) }),
            let priority = object.integer("priority", in: json).flatMap({ Int(exactly: $0) }),
            let uses = object.integer("uses", in: json).flatMap({ Int(exactly: $0) }),
            Self.priorities.contains(priority), (1...Self.useLimit).contains(uses),
            let issuedAt = object.integer("iat", in: json), let expiresAt = object.integer("exp", in: json),
            issuedAt >= 0, expiresAt > issuedAt
        else { return nil }
        self.init(
            id: id, queueID: queueID, priority: priority, uses: uses, issuedAt: issuedAt, expiresAt: expiresAt)
    }
}

extension TokenSigner {
    /// A signed pass, on the caller's thread: for the command line.
    package func signNow(_ pass: PassClaims) throws(SigningError) -> String {
        do { return try keys.signing.token(type: PassClaims.type, payload: pass.json()) } catch {
            throw .failed(error)
        }
    }
}

extension TokenVerifier {
    /// The claims of a pass with a good signature, whose time may be over.
    /// - `now`: Seconds since 1970.
    package func verifyPass(_ token: Span<UInt8>, now: Int64) throws(TokenError) -> PassClaims {
        let payload = try signedPayload(of: token, type: PassClaims.type, now: now)
        guard let claims = PassClaims(json: payload.span) else { throw .malformed }
        guard claims.issuedAt <= now + Self.leeway else { throw .notYet }
        return claims
    }
}
