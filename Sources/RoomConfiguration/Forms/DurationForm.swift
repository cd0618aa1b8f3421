package import WaitingRoom

extension ScalarForm<Milliseconds> {
    /// A whole number and a unit: `500ms`, `10s`, `5m`, `2h`.
    static func duration(_ range: ClosedRange<Milliseconds>) -> Self {
        ScalarForm { text throws(Mistake) in
            let digits = text.prefix { ("0"..."9").contains($0) }
            let unit = text.dropFirst(digits.count)
            if !digits.isEmpty && unit.isEmpty {
                throw Mistake("\(text.quoted) has no unit", "write \(text)s, or another of the units ms, s, m and h")
            }
            guard !digits.isEmpty, let length = lengths[String(unit)] else {
                throw Mistake(
                    "\(text.quoted) is not a duration",
                    "write a whole number and a unit, such as 500ms, 10s, 5m or 2h")
            }
            let (count, overflow) = (Int64(digits) ?? .max).multipliedReportingOverflow(by: length)
            let value = Milliseconds(overflow ? .max : count)
            guard value >= range.lowerBound else {
                throw Mistake("\(text.quoted) is too short", "write at least \(range.lowerBound.configurationText)")
            }
            guard value <= range.upperBound else {
                throw Mistake("\(text.quoted) is too long", "write at most \(range.upperBound.configurationText)")
            }
            return value
        }
    }
}

/// In milliseconds.
private let lengths: [String: Int64] = ["ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000]

extension Milliseconds {
    /// A duration as the configuration writes it, from 1 s to ten years; nil if the text is none.
    package init?(durationText text: String) {
        let range = Milliseconds.seconds(1)...Milliseconds.hours(24 * 3_660)
        guard let span = try? ScalarForm.duration(range).parse(text) else { return nil }
        self = span
    }

    static func hours(_ count: Int64) -> Milliseconds { .minutes(60 * count) }

    /// As the configuration writes it, in the largest unit that is exact.
    var configurationText: String {
        for (unit, length): (String, Int64) in [("h", 3_600_000), ("m", 60_000), ("s", 1000)]
        where count >= length && count % length == 0 {
            return "\(count / length)\(unit)"
        }
        return count == 0 ? "0s" : "\(count)ms"
    }
}
