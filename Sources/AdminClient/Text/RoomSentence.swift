package import WaitingRoom

/// What a change has led to, for who made it.
extension RoomReport {
    /// What its status means for visitors.
    package var statusSentence: String {
        let source = sourceOfStatus
        switch status {
        case "paused":
            return
                "\(id) is paused\(source): nobody is let in, and \(Words.count(waiting, "keeps a place", "keep their places"))."
        case "maintenance":
            return "\(id) is in maintenance\(source): everybody sees the maintenance page. It ends by: "
                + "anteroom rooms resume \(id)"
        default:
            if phase == "closed" { return "\(id) is active\(source), but closed: nobody joins or is let in." }
            let waiters = Words.count(waiting, "waits", "wait")
            guard phase == nil || phase == "open" else {
                return "\(id) is active\(source), but not open yet\(opening): \(waiters)."
            }
            return "\(id) is active\(source): \(waiters), up to \(rate) are let in, \(Words.count(slots)) at once."
        }
    }

    private var opening: String { opensAt.map { " (it opens at \(Words.time($0)) UTC)" } ?? "" }

    /// How to let people in again: the operator's word is taken back, or where the file itself says otherwise, overruled.
    /// Nil if the room is active already.
    package var resumption: OverrideChanges.Change<RoomStatus>? {
        if configured?.status == RoomStatus.active.rawValue { return overrides?.status == nil ? nil : .clear }
        return status == RoomStatus.active.rawValue ? nil : .set(.active)
    }

    /// What a drain would do, to be asked.
    package func question(before scope: DrainScope) -> String {
        let line = "\(Words.count(waiting, "place", "places")) in line"
        let sessions = Words.count(slotsInUse, "visitor who is through", "visitors who are through")
        let who =
            switch scope {
            case .line: line
            case .sessions: sessions
            case .all: "\(line) and \(sessions)"
            }
        return "End \(who) in \(id)? Nobody gets that back."
    }

    private var sourceOfStatus: String {
        guard let file = configured?.status else { return "" }
        if overrides?.status == nil { return ", as the file says" }
        return file == status ? " by an operator's word, and by the file" : ", where the file says \(file)"
    }

    /// Its limits and where they come from.
    package var limitsSentence: String {
        let parts = [
            "status \(status)" + note(overrides?.status != nil, configured?.status),
            "rate \(rate)" + note(overrides?.rate != nil, configured?.rate),
            Words.count(slots, "slot", "slots")
                + note(overrides?.slots != nil, configured?.slots.map { Words.count($0) }),
        ]
        return "\(id): " + parts.joined(separator: ", ") + (overrides == nil ? ", all as the file says" : "")
    }

    private func note(_ isOverridden: Bool, _ file: String?) -> String {
        guard isOverridden, let file else { return "" }
        return " (the file says \(file))"
    }
}
