import WaitingRoom

/// How numbers are written for people.
enum Figures {
    /// `12,345,678`.
    static func count(_ number: Int) -> String {
        var text = ""
        for (index, digit) in String(number.magnitude).reversed().enumerated() {
            if index > 0, index % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return (number < 0 ? "-" : "") + String(text.reversed())
    }

    /// One decimal; none from 1,000 on.
    static func decimal(_ number: Double) -> String {
        let tenths = Int((number * 10).rounded())
        return tenths >= 10_000 ? count(Int(number.rounded())) : "\(count(tenths / 10)).\(tenths % 10)"
    }

    static func percent(_ part: Int, of whole: Int) -> String {
        whole > 0 ? decimal(Double(part) * 100 / Double(whole)) + " %" : "-"
    }

    /// `1:23:45`, `23:45`, and below a minute `45.3 s`.
    static func span(_ span: Milliseconds) -> String {
        guard span.count >= 60_000 else { return decimal(span.seconds) + " s" }
        let seconds = (span.count + 500) / 1000
        let clock = "\(padded(seconds / 60 % 60)):\(padded(seconds % 60))"
        return seconds >= 3600 ? "\(seconds / 3600):\(clock)" : clock.hasPrefix("0") ? String(clock.dropFirst()) : clock
    }

    private static func padded(_ number: Int64) -> String { (number < 10 ? "0" : "") + String(number) }
}
