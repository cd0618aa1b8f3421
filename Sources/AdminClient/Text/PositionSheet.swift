extension PositionReport {
    /// All that is known of the position.
    package var sheet: Sheet {
        var sheet = Sheet(id, "in \(room)")
        sheet.add("Status", status, status == "waiting" ? .warning : status == "terminated" ? .bad : .good)
        if let place, place > 0 {
            sheet.add("Place", Words.count(place), note: totalWaiting.map { "of \(Words.count($0))" })
        }
        sheet.add("Priority", priority.map { "\($0)" }, note: priority == 0 ? "normal" : nil)
        sheet.add(
            "Joined", enqueuedAt.map { Words.time($0) + " UTC" }, note: sequence.map { "number \(Words.count($0))" })
        sheet.add("Ends", expiresAt.map { Words.time($0) + " UTC" }, note: "unless it shows a sign of life")
        sheet.add("User", userID, note: isUserVerified == false ? "not verified" : nil)
        for (name, value) in (metadata ?? [:]).sorted(by: { $0.key < $1.key }) {
            sheet.add("Metadata", "\(name.printable) = \(value.printable)")
        }
        if let session {
            sheet.add("Session", session.id, note: session.status)
            sheet.add("Address", session.address)
            sheet.add("Browser", session.userAgent)
            sheet.add("Started", session.startedAt.map { Words.time($0) + " UTC" })
            sheet.add(
                "Last seen", session.lastSeen.map { Words.time($0) + " UTC" },
                note: session.pageViews.map { Words.count($0, "page view", "page views") })
        }
        return sheet
    }
}
