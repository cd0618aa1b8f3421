import WaitingRoom

/// The cookie that carries a pass from a link to the visit that uses it. So the pass leaves the address at once, and what
/// only fetches links (a mail scanner, a preview) uses nothing up.
extension GateCookie {
    /// How long a visitor may take from the link to the line, in seconds.
    private static let passAge: Int64 = 3_600

    /// - Parameter life: of the pass, in seconds.
    static func setPass(_ room: RoomID, token: String, life: Int64, isSecure: Bool) -> String {
        "\(passName(room))=\(token); Path=/; Max-Age=\(max(1, min(passAge, life))); HttpOnly; SameSite=Lax"
            + (isSecure ? "; Secure" : "")
    }

    static func clearPass(_ room: RoomID, isSecure: Bool) -> String {
        "\(passName(room))=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax\(isSecure ? "; Secure" : "")"
    }

    private static func passName(_ room: RoomID) -> String { "anteroom_k_\(room.text)" }
}
