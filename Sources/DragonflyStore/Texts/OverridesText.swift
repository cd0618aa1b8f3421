import WaitingRoom

/// Overrides in words, as scripts and events have them: `status=paused max=5 rate=3/1000`, without those that are not set.
extension RoomOverrides {
    var text: String {
        var words: [String] = []
        if let status { words.append("status=\(status.rawValue)") }
        if let maxActiveUsers { words.append("max=\(maxActiveUsers)") }
        if let queueRate { words.append("rate=\(queueRate.word)") }
        return words.joined(separator: " ")
    }

    /// Nil if a word is none that `text` writes.
    init?(words: some Sequence<Substring>) {
        self.init()
        for word in words {
            let parts = word.split(separator: "=", maxSplits: 1)
            guard parts.count == 2 else { return nil }
            switch parts[0] {
            case "status":
                guard let known = RoomStatus(rawValue: String(parts[1])) else { return nil }
                status = known
            case "max":
                guard let slots = Int(parts[1]) else { return nil }
                maxActiveUsers = slots
            case "rate":
                guard let rate = Rate(word: parts[1]) else { return nil }
                queueRate = rate
            // Of a later version.
            default: break
            }
        }
    }
}

extension StandingOverrides {
    /// As the script `override` keeps them: when, by whom, what.
    var text: String { "\(setAt.milliseconds) \(setBy) \(values.text)" }

    init?(text: String) {
        let words = text.split(separator: " ")
        guard words.count > 2, let setAt = Timestamp(word: words[0]), let setBy = OperatorName(words[1]),
            let values = RoomOverrides(words: words.dropFirst(2))
        else { return nil }
        self.init(values, setBy: setBy, setAt: setAt)
    }
}
