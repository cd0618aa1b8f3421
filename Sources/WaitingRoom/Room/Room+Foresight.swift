/// What a simulation knows beforehand.
extension Room {
    /// Takes the signs of life of a waiting position, or the requests of a session, as given until `time`, which may lie
    /// ahead: as if a heartbeat, or a request without a page view, came at that moment and often enough before. O(1), no
    /// event. A sign that is given later sets the clock back to its own time.
    package mutating func expectSigns(of id: PositionID, until time: Timestamp) {
        _ = positions.update(id) { entry in
            switch entry.phase {
            case .waiting(let lastSign):
                entry.phase = .waiting(lastSign: max(lastSign, time))
            case .active(var session):
                session.lastSeen = max(session.lastSeen, time)
                entry.phase = .active(session)
            case .admitted, .ended: break
            }
        }
    }
}
