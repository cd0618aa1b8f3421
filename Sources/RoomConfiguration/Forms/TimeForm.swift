import WaitingRoom

extension ScalarForm<Timestamp> {
    /// A date and time with its offset from UTC (RFC 3339): `2026-12-01T10:00:00+01:00`, `2026-12-01T09:00Z`.
    static var time: Self {
        ScalarForm { text throws(Mistake) in
            if let time = Timestamp(withOffset: text) { return time }
            guard Timestamp(withOffset: text + "Z") == nil else {
                throw Mistake(
                    "\(text.quoted) names no time zone", "write the offset from UTC behind it: \(text)+01:00, or Z")
            }
            throw Mistake(
                "\(text.quoted) is not a date and time with an offset from UTC",
                "write one such as 2026-12-01T10:00:00+01:00, or 2026-12-01T09:00:00Z")
        }
    }
}
