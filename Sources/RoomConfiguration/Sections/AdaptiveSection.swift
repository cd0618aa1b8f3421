import WaitingRoom

extension AdaptiveSettings {
    /// - Parameter rate: the room's; the floor may not be above it.
    init(reading section: Section, under rate: Rate) {
        self.init()
        section.read("floor", into: &floor, .rate)
        section.read("target_latency", into: &targetLatency, .duration(Milliseconds(1)...Milliseconds.minutes(1)))
        section.read("max_error_rate", into: &maxErrorRate, .percentage(1...1000))
        section.read("interval", into: &interval, .duration(Milliseconds.seconds(1)...Milliseconds.minutes(10)))
        section.read("min_samples", into: &minSamples, .integer(1...1_000_000))
        if rate.isLower(than: floor), section.areSound("floor") {
            section.refuse(
                "floor",
                Mistake("the floor is above queue_rate", "write at most queue_rate: the rate moves between them"))
        }
    }
}

extension ScalarForm<Int> {
    /// `5%`, `0.5%`: thousandths.
    static func percentage(_ range: ClosedRange<Int>) -> Self {
        ScalarForm { text throws(Mistake) in
            let parts = text.dropLast().split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
            let decimals = parts.count == 2 ? parts[1] : "0"
            guard text.hasSuffix("%"), let whole = parts.first, (1...3).contains(whole.utf8.count),
                decimals.utf8.count == 1, (whole + decimals).utf8.allSatisfy({ (0x30...0x39).contains($0) }),
                let value = Int(whole + decimals), range.contains(value)
            else {
                throw Mistake(
                    "\(text.quoted) is not a percentage from \(range.lowerBound == 0 ? "0%" : "0.1%") to 100%",
                    "write one with at most one decimal, such as 5% or 0.5%")
            }
            return value
        }
    }
}
