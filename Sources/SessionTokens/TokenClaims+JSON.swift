import WaitingRoom

extension TokenClaims {
    /// The payload of a token, as the JSON that is signed.
    func json() -> [UInt8] {
        var text = "{\"position_id\":\"\(positionID)\",\"queue_id\":\"\(queueID)\""
        if let sessionID { text += ",\"session_id\":\"\(sessionID)\"" }
        text += ",\"iat\":\(issuedAt),\"exp\":\(expiresAt)"
        if let binding { text += ",\"bnd\":\"\(binding)\"" }
        if let agentBinding { text += ",\"bua\":\"\(agentBinding)\"" }
        text += "}"
        return Array(text.utf8)
    }

    /// Nil unless the payload holds exactly the claims of a token of this kind; other claims are ignored (RFC 7519 §4).
    init?(json: Span<UInt8>, kind: TokenKind) {
        guard let object = JSONObject(json),
            let positionID = object.string("position_id", in: json).flatMap({ PositionID(json.extracting($0)) }),
            let queueID = object.string("queue_id", in: json).flatMap({ RoomID(json.extracting($0)) }),
            let issuedAt = object.integer("iat", in: json), let expiresAt = object.integer("exp", in: json),
            issuedAt >= 0, expiresAt > issuedAt
        else { return nil }
        let sessionID = object.string("session_id", in: json).flatMap { SessionID(json.extracting($0)) }
        let binding = object.string("bnd", in: json).flatMap { BindingDigest(json.extracting($0)) }
        let agentBinding = object.string("bua", in: json).flatMap { BindingDigest(json.extracting($0)) }
        guard (sessionID != nil) == (kind == .session), object.has("session_id", in: json) == (sessionID != nil),
            object.has("bnd", in: json) == (binding != nil), object.has("bua", in: json) == (agentBinding != nil)
        else { return nil }
        self.init(
            positionID: positionID, queueID: queueID, sessionID: sessionID, issuedAt: issuedAt, expiresAt: expiresAt,
            binding: binding, agentBinding: agentBinding)
    }
}
