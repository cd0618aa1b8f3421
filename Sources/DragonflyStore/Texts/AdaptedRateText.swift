import WaitingRoom

/// An adapted rate in words, as the script `adapt` keeps it: when, which, why, and of a distress what was measured and what
/// it may be: `1795233750000 420/60000 latency 812 500`.
extension AdaptedRate {
    var text: String { "\(changedAt.milliseconds) \(rate.word) \(reason.words)" }

    init?(text: String) {
        let words = text.split(separator: " ")
        guard words.count > 2, let changedAt = Timestamp(word: words[0]), let rate = Rate(word: words[1]),
            let reason = AdaptationReason(words: words.dropFirst(2))
        else { return nil }
        self.init(rate, reason, changedAt: changedAt)
    }
}

extension AdaptationReason {
    var words: String { figures.map { "\(name) \($0.measured) \($0.limit)" } ?? name }

    init?(words: some Collection<Substring>) {
        let numbers = words.dropFirst().compactMap { Int64($0) }
        guard let name = words.first, numbers.count == words.count - 1, numbers.isEmpty || numbers.count == 2 else {
            return nil
        }
        self.init(name: name, figures: numbers.isEmpty ? nil : (numbers[0], numbers[1]))
    }
}

extension Rate {
    /// Count and milliseconds.
    var word: String { "\(count)/\(per.count)" }

    init?(word: some StringProtocol) {
        let numbers = word.split(separator: "/").compactMap { Int64($0) }
        guard numbers.count == 2 else { return nil }
        self.init(count: numbers[0], per: Milliseconds(numbers[1]))
    }
}
