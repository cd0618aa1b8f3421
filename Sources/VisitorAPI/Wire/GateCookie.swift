import SessionTokens
import WaitingRoom

/// The gate's two cookies of a room, as `Set-Cookie` values (RFC 6265 §4.1).
package enum GateCookie {
    /// A day: longer than any token, because an expired token still restores a place that the store has.
    private static let maxAge = 86_400

    static func name(_ kind: TokenKind, _ room: RoomID) -> String {
        switch kind {
        case .position: "anteroom_p_\(room.text)"
        case .session: "anteroom_s_\(room.text)"
        }
    }

    static func set(_ kind: TokenKind, _ room: RoomID, token: String, isSecure: Bool) -> String {
        "\(name(kind, room))=\(token); Path=/; Max-Age=\(maxAge); HttpOnly; SameSite=Lax\(isSecure ? "; Secure" : "")"
    }

    static func clear(_ kind: TokenKind, _ room: RoomID, isSecure: Bool) -> String {
        "\(name(kind, room))=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax\(isSecure ? "; Secure" : "")"
    }
}
