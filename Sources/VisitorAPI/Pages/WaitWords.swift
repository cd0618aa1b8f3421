/// A wait estimate as a visitor reads it. The script of the queue page words it again, with the browser's own plural
/// forms and digits; both round alike.
struct WaitWords: Hashable, Sendable {
    enum Unit: Hashable, Sendable {
        case minutes, hours
    }

    enum Amount: Hashable, Sendable {
        case unknown
        case lessThanMinute
        case range(low: Int, high: Int, Unit)
    }

    let amount: Amount

    /// - Parameter seconds: nil where the wait cannot be known.
    init(seconds: ClosedRange<Int>?) {
        guard let seconds else {
            amount = .unknown
            return
        }
        guard seconds.upperBound >= 60 else {
            amount = .lessThanMinute
            return
        }
        let low = max(0, seconds.lowerBound) / 60
        let high = Self.quotientRoundedUp(seconds.upperBound, 60)
        if high > 120 {
            amount = .range(low: max(1, low / 60), high: Self.quotientRoundedUp(high, 60), .hours)
        } else if high > 30 {
            amount = .range(low: max(1, low / 5 * 5), high: Self.quotientRoundedUp(high, 5) * 5, .minutes)
        } else {
            amount = .range(low: max(1, low), high: high, .minutes)
        }
    }

    /// Plain text without plural forms: "10–15 min".
    func text(in language: Language) -> String {
        switch amount {
        case .unknown: language.text(.waitUnknown)
        case .lessThanMinute: language.text(.lessThanMinute)
        case .range(let low, let high, let unit):
            (low < high ? "\(low)–\(high) " : "\(high) ") + language.text(unit == .hours ? .hours : .minutes)
        }
    }

    /// Without overflow for the largest values.
    private static func quotientRoundedUp(_ dividend: Int, _ divisor: Int) -> Int {
        dividend / divisor + (dividend % divisor == 0 ? 0 : 1)
    }
}
