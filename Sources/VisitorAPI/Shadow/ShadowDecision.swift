/// What somebody would have met with who is let through because the room is in shadow: counted and logged.
package enum ShadowDecision: Int, Sendable, CaseIterable {
    /// A place in line, or with a part of a page nothing but the advice to wait.
    case queued
    case full
    /// Too many of one address wait.
    case limited
    case challenged
    /// Before the room opens, or after it has closed.
    case closed
    /// Without a pass, or with one that is not valid.
    case refused
    /// The store could not be asked, or not in time.
    case unavailable

    package var name: String { "\(self)" }

    /// Nil for answers that keep nobody out.
    init?(_ response: VisitorResponse) {
        switch response.kind {
        case .queued: self = .queued
        case .full: self = .full
        case .limited: self = .limited
        case .challenged: self = .challenged
        case .unavailable: self = .unavailable
        case .page where response.status == 403: self = .refused
        case .page where response.status >= 400: self = .closed
        case .maintenance, .api, .page: return nil
        }
    }
}
