import WaitingRoom

extension ScalarForm<Rate> {
    /// `10`, `10/s`, `500/min`, `3000/h`.
    static var rate: Self {
        ScalarForm { text throws(Mistake) in
            let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
            guard let digits = parts.first, !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
                let span = spans[parts.count == 2 ? String(parts[1]) : "s"]
            else {
                throw Mistake("\(text.quoted) is not a rate", "write a number per second such as 10, or 500/min")
            }
            let count = Int64(digits) ?? .max
            guard count > 0 else {
                throw Mistake("\(text.quoted) lets nobody in", "write at least 1/h, or set status: paused")
            }
            guard count <= 10_000_000 else { throw Mistake("\(text.quoted) is too large", "write at most 10000000") }
            return Rate(count: count, per: span)
        }
    }
}

extension Rate {
    /// From the text that a configuration may hold; nil from any other.
    package init?(configured text: String) {
        do throws(Mistake) {
            self = try ScalarForm<Rate>.rate.parse(text)
        } catch {
            return nil
        }
    }
}

private let spans: [String: Milliseconds] = ["s": .seconds(1), "min": .minutes(1), "h": .hours(1)]
