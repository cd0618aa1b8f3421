import WaitingRoom

extension RateLimits {
    /// What is not written is as in `defaults`.
    init(reading section: Section, defaults: RateLimits) {
        self = defaults
        section.read("enabled", into: &isEnabled, .boolean)
        for limit in CallLimit.allCases {
            var rate = rates[limit]
            section.read(limit.rawValue, into: &rate, .callRate)
            rates[limit] = rate
        }
        section.readList("exempt", into: &exempt, .cidr)
    }
}

extension ScalarForm<Rate?> {
    /// A rate of calls, or `off`.
    fileprivate static var callRate: Self {
        ScalarForm { text throws(Mistake) in
            if text == "off" { return nil }
            guard text.split(separator: "/").first?.allSatisfy({ $0 == "0" }) != true else {
                throw Mistake("\(text.quoted) allows no call at all", "write at least 1/h, or off for any number")
            }
            let rate: Rate
            do throws(Mistake) {
                rate = try ScalarForm<Rate>.rate.parse(text)
            } catch {
                throw Mistake("\(text.quoted) is not a rate of calls", "write one such as 10/min, or off")
            }
            guard rate.count <= SlicedWindow.mostCalls else {
                throw Mistake("\(text.quoted) is too large", "write at most \(SlicedWindow.mostCalls), or off")
            }
            return rate
        }
    }
}
