import NIOCore
import QueueStore
import RoomConfiguration
import WaitingRoom

/// Rooms in shadow (docs/QUEUE_MANAGEMENT.md): decided and recorded as ever, and then everybody is let through.
extension VisitorDesk {
    /// How long the line may take to decide about somebody whom it will not stop anyway.
    private static let shadowPatience = TimeAmount.seconds(1)

    /// The answer to a visit of a room in shadow: never one of the gate's own, but for the way to the same address without
    /// its pass.
    func inShadow(_ request: VisitorRequest, _ rule: RoomRule) async -> VisitorAnswer {
        do throws(StoreError) {
            return try await visit(request, rule).inShadow
        } catch {
            return .forward(Grant(withheld: .unavailable))
        }
    }

    /// Lets a visitor of a room in shadow through when the store takes too long; nil for other requests. Who hears of a
    /// second answer ignores it.
    nonisolated func shadowDeadline(
        of request: VisitorRequest, _ done: @escaping @Sendable (VisitorAnswer) -> Void
    ) -> Scheduled<Void>? {
        guard let rule = request.rule, rule.shadow, !request.isAPICall else { return nil }
        return loop.scheduleTask(in: Self.shadowPatience) { done(.forward(Grant(withheld: .unavailable))) }
    }
}

extension VisitorAnswer {
    /// Whoever would be kept out is let through, and keeps the cookies of the place.
    fileprivate var inShadow: VisitorAnswer {
        guard case .respond(let response) = self, let decision = ShadowDecision(response) else { return self }
        return .forward(Grant(cookies: response.cookies, withheld: decision))
    }

    /// The same of somebody who would have had to solve a challenge first.
    var afterChallenge: VisitorAnswer {
        switch self {
        case .respond(let response): return .respond(response.of(.challenged))
        case .forward(var grant):
            grant.withheld = .challenged
            return .forward(grant)
        case .live: return self
        }
    }
}
