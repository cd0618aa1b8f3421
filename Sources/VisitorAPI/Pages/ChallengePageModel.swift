import AbuseGuard
import RoomConfiguration
import WaitingRoom

/// What a visitor has to solve who is asked to.
struct ChallengePageModel {
    var room: RoomID
    /// As it goes back with the answer.
    var challenge: String
    /// Nil: a provider's widget.
    var work: Work?
    var provider: ChallengeProvider
    /// Solving it leads back to a place or session, not to a new one.
    var keepsPlace: Bool
    /// As the request's target has it. Not trusted.
    var redirectURL: String
    var requestID: String
    /// The page answers a POST whose body went nowhere.
    var notSent: Bool
}
