extension Timestamp {
    /// `2026-11-21T03:45:18.123Z` (RFC 3339 §5.6).
    package var rfc3339: String {
        let (days, time) = milliseconds.quotientAndRemainder(dividingBy: 86_400_000)
        let date = Self.civil(daysSince1970: time < 0 ? days - 1 : days)
        let ms = time < 0 ? time + 86_400_000 : time
        func padded(_ number: Int64, _ width: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        return "\(padded(date.year, 4))-\(padded(date.month, 2))-\(padded(date.day, 2))T"
            + "\(padded(ms / 3_600_000, 2)):\(padded(ms / 60_000 % 60, 2)):\(padded(ms / 1000 % 60, 2))"
            + ".\(padded(ms % 1000, 3))Z"
    }

    /// The Gregorian date, by counting in 400-year eras that begin on a 1 March.
    private static func civil(daysSince1970 days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }
}

extension Timestamp {
    /// From the form that `rfc3339` writes, in UTC and with milliseconds; nil from any other.
    package init?(rfc3339 text: some StringProtocol) {
        let bytes = Array(text.utf8)
        guard bytes.count == 24, bytes[19] == UInt8(ascii: "."), bytes[23] == UInt8(ascii: "Z"),
            let seconds = Self.seconds(bytes), let fraction = Self.number(bytes[20..<23])
        else { return nil }
        self.init(milliseconds: seconds * 1000 + fraction)
    }

    /// From a date and time with its offset from UTC, as people write them (RFC 3339 §5.6, seconds may be missing):
    /// `2026-12-01T10:00+01:00`, `2026-12-01T09:00:00Z`. Nil from any other, and without an offset.
    package init?(withOffset text: some StringProtocol) {
        var bytes = Array(text.utf8)
        if bytes.count > 16, bytes[16] != UInt8(ascii: ":") { bytes.insert(contentsOf: ":00".utf8, at: 16) }
        guard let seconds = Self.seconds(bytes), let offset = Self.offset(bytes[19...]) else { return nil }
        self.init(milliseconds: (seconds - offset) * 1000)
    }

    /// Seconds from 1970 to the first 19 bytes, `2026-12-01T10:00:00`, taken as UTC.
    private static func seconds(_ bytes: [UInt8]) -> Int64? {
        guard bytes.count > 19 else { return nil }
        for (index, mark) in zip([4, 7, 10, 13, 16], "--T::".utf8) where bytes[index] != mark { return nil }
        guard let year = number(bytes[0..<4]), let month = number(bytes[5..<7]), let day = number(bytes[8..<10]),
            let hour = number(bytes[11..<13]), let minute = number(bytes[14..<16]),
            let second = number(bytes[17..<19]), (1...12).contains(month), (1...31).contains(day), hour < 24,
            minute < 60, second < 60
        else { return nil }
        let days = days(year: year, month: month, day: day)
        // A day that the month does not have is a day of the next one.
        guard civil(daysSince1970: days).day == day else { return nil }
        return ((days * 24 + hour) * 60 + minute) * 60 + second
    }

    /// `Z` or `+01:00`, in seconds east of UTC.
    private static func offset(_ bytes: ArraySlice<UInt8>) -> Int64? {
        let text = Array(bytes)
        if text == [UInt8(ascii: "Z")] { return 0 }
        guard text.count == 6, text[3] == UInt8(ascii: ":"), let hours = number(text[1..<3]),
            let minutes = number(text[4..<6]), hours < 24, minutes < 60
        else { return nil }
        switch text[0] {
        case UInt8(ascii: "+"): return (hours * 60 + minutes) * 60
        case UInt8(ascii: "-"): return -(hours * 60 + minutes) * 60
        default: return nil
        }
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> Int64? {
        var value: Int64 = 0
        for byte in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
            value = value * 10 + Int64(byte - UInt8(ascii: "0"))
        }
        return value
    }

    /// Days from 1 January 1970 to a Gregorian date: the inverse of `civil`.
    private static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }
}
