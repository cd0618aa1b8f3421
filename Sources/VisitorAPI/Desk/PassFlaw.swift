import SessionTokens
import WaitingRoom

/// Why a pass is of no use to who presents it.
enum PassFlaw: Hashable, Sendable {
    /// No pass of this gate, or one of another room.
    case foreign
    case revoked
    case refused(PassRefusal)

    /// For a program.
    var detail: String {
        switch self {
        case .foreign: "The pass is not valid here."
        case .revoked: "The pass was withdrawn."
        case .refused(.spent): "The pass has been used up."
        case .refused(.over): "The pass has run out."
        case .refused(.crowded): "Too many passes are in use; try again later."
        }
    }
}

extension Pass {
    init(_ claims: PassClaims) {
        self.init(
            id: claims.id, priority: claims.priority, uses: claims.uses,
            expiresAt: Timestamp(milliseconds: claims.expiresAt * 1000))
    }
}
