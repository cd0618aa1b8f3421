extension RoomReport {
    /// All that is known of the room.
    package var sheet: Sheet {
        var sheet = Sheet(id, name == id ? nil : name)
        sheet.add("Status", condition, conditionStyle, note: note(overrides?.status, configured?.status))
        sheet.add("Rate", rate, note: note(overrides?.rate, configured?.rate))
        if let adaptive {
            sheet.add("Adaptive rate", adaptive.rate?.words ?? rate, note: adaptive.reason)
        }
        sheet.add(
            "Slots", Words.count(slots), note: note(overrides?.slots, configured?.slots.map { Words.count($0) }))
        if let overrides {
            let since = overrides.at.map { at in
                " at \(Words.time(at)) UTC" + (Words.age(at, at: time).map { ", \($0)" } ?? "")
            }
            sheet.add("Set", "by \(overrides.by ?? "an operator")\(since ?? "")")
        }
        sheet.add(
            "In use", Words.count(slotsInUse), slotsInUse >= slots ? .warning : .plain,
            note: "\(Words.count(activeSessions)) active, \(Words.count(admitted)) on their way")
        sheet.add("Waiting", Words.count(waiting))
        sheet.add("Wait", estimatedWait.map { "about \(Words.span(seconds: $0))" } ?? "not known", note: waitRange)
        sheet.add("So far", totals)
        sheet.add("Opens", opensAt.map { Words.time($0) + " UTC" })
        sheet.add("Closes", closesAt.map { Words.time($0) + " UTC" })
        sheet.add("Origin", targetURL)
        return sheet
    }

    /// What an override stands in place of.
    private func note(_ override: (some Any)?, _ configured: String?) -> String? {
        guard override != nil else { return nil }
        return "set by an operator" + (configured.map { "; the file says \($0)" } ?? "")
    }

    private var waitRange: String? {
        guard let range = estimatedWaitRange, range.count == 2 else { return nil }
        return "\(Words.span(seconds: range[0])) to \(Words.span(seconds: range[1])), for who joins now"
    }

    private var totals: String? {
        let parts = [
            (enqueuedTotal, "joined"), (admittedTotal, "let in"), (abandonedTotal, "left"), (expiredTotal, "expired"),
        ]
        .compactMap { number, word in number.map { "\(Words.count($0)) \(word)" } }
        return parts.isEmpty ? nil : parts.joined(separator: ", ")
    }
}
