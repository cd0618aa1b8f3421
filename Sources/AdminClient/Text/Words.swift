import WaitingRoom

/// Numbers, spans and times as people read them.
package enum Words {
    /// `41,230`.
    package static func count(_ number: Int) -> String {
        let digits = String(number.magnitude)
        var result = number < 0 ? "-" : ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index).isMultiple(of: 3) { result.append(",") }
            result.append(digit)
        }
        return result
    }

    /// `1 place`, `2 places`.
    package static func count(_ number: Int, _ one: String, _ many: String) -> String {
        "\(count(number)) \(number == 1 ? one : many)"
    }

    /// In its two largest units: `45 s`, `12 min`, `1 h 9 min`, `2 d 3 h`.
    package static func span(seconds: Double) -> String {
        guard seconds.isFinite else { return "never" }
        let total = Int(min(max(0, seconds), 1e9).rounded())
        if total < 60 { return "\(total) s" }
        let minutes = (total + 30) / 60
        if minutes < 60 { return "\(minutes) min" }
        let hours = minutes / 60
        if hours < 24 { return minutes % 60 == 0 ? "\(hours) h" : "\(hours) h \(minutes % 60) min" }
        return hours % 24 == 0 ? "\(hours / 24) d" : "\(hours / 24) d \(hours % 24) h"
    }

    /// The time of an RFC 3339 text, in UTC: `2026-11-21 20:41:33`; the text itself if it is none.
    package static func time(_ text: String) -> String {
        guard let time = moment(text) else { return text.printable }
        let form = time.rfc3339
        return "\(form.prefix(10)) \(form.dropFirst(11).prefix(8))"
    }

    /// The same without the day.
    package static func clock(_ text: String) -> String { String(time(text).suffix(8)) }

    /// How long before `now` it was: `3 min ago`; nil if either is no time.
    package static func age(_ text: String, at now: String?) -> String? {
        guard let time = moment(text), let now = now.flatMap(moment) else { return nil }
        return "\(span(seconds: (now - time).seconds)) ago"
    }

    static func moment(_ text: String) -> Timestamp? { Timestamp(rfc3339: text) ?? Timestamp(withOffset: text) }
}
