import QueueStore
import RoomConfiguration
import WaitingRoom

/// Those who did not come when it was their turn, and come now; docs/QUEUE_MANAGEMENT.md.
extension VisitorDesk {
    /// What a visit gets whose position has ended: told, if its place moved to another device, or the front of the line, if
    /// its turn was missed; nil if it joins like anybody else.
    func ended(
        _ place: Place, _ request: VisitorRequest, _ rule: RoomRule, _ pass: Pass?
    ) async throws(StoreError) -> VisitorAnswer? {
        if place.position.status == .moved { return .respond(movedAway(request, rule)) }
        return try await comeBack(place, request, rule, pass)
    }

    /// What a visit gets whose position has ended: the front of the line if its turn was missed, not too long ago and for
    /// the first time; nil otherwise. A subresource brings nobody back.
    private func comeBack(
        _ place: Place, _ request: VisitorRequest, _ rule: RoomRule, _ pass: Pass?
    ) async throws(StoreError) -> VisitorAnswer? {
        if case .short = request.format { return nil }
        switch try await comeBack(place, mayAdmit: true) {
        case .admitted(let place): return await grant(place.position.id, request, rule)
        case .waiting(let place): return try await queued(place, request, rule, reissues: true, raisedBy: pass)
        case .ended(let place) where place.position.status == .moved: return .respond(movedAway(request, rule))
        case .full, .crowded, .closed, .ended, .refused, .taken, nil: return nil
        }
    }

    func comeBack(_ place: Place, mayAdmit: Bool) async throws(StoreError) -> ArrivalOutcome? {
        guard place.missedTurn != nil else { return nil }
        return try await services.store.comeBack(
            place.position.id, mayAdmit: mayAdmit, in: place.position.queueID)
    }
}
