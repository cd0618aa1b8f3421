import WaitingRoom

/// A curve as comma-separated values, of one of two kinds, which the first line tells apart:
///
/// - `seconds,arrivals`: from this second on, counted from the beginning, so many come, evenly until the next line's; one
///   in a line comes at that very moment. Seconds may have three decimals.
/// - `time,arrivals_per_minute`: so many come per minute from this time on until the next line's. A time is in seconds, a
///   clock's (`19:30`, `19:30:15`) or in RFC 3339; the curve begins with the first.
///
/// The last line holds for as long as the one before it. Empty lines and those that begin with `#` count for nothing.
package enum ArrivalFile {
    /// One line that cannot be read.
    package struct Mistake: Hashable, Sendable, CustomStringConvertible {
        /// From 1.
        package let line: Int
        package let message: String

        package var description: String { "\(line): \(message)" }
    }

    /// All that is wrong with a file, in its order; never empty.
    package struct Mistakes: Error, Hashable, Sendable {
        package let all: [Mistake]
    }

    private enum Kind: String {
        case counts = "seconds,arrivals"
        case rates = "time,arrivals_per_minute"
    }

    private struct Row {
        let start: Int64
        let value: Double
    }

    /// So many mistakes are told.
    private static let told = 20
    /// In all.
    package static let limit = 100_000_000

    package static func curve(_ text: String) throws(Mistakes) -> ArrivalCurve {
        var kind: Kind?
        var rows: [Row] = []
        var mistakes: [Mistake] = []
        var last = 1
        for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            let content = line.trimmed
            guard !content.isEmpty, !content.hasPrefix("#") else { continue }
            last = index + 1
            guard let known = kind else {
                kind = Kind(rawValue: String(content.filter { $0 != " " }))
                guard kind != nil else {
                    throw Mistakes(
                        all: [
                            Mistake(
                                line: last,
                                message: "the first line is \(content.shown); write \(Kind.counts.rawValue) or "
                                    + Kind.rates.rawValue)
                        ])
                }
                continue
            }
            do throws(Flaw) {
                rows.append(try row(content, known, after: rows.last))
            } catch {
                mistakes.append(Mistake(line: last, message: error.message))
                if mistakes.count == told { break }
            }
        }
        guard mistakes.isEmpty else { throw Mistakes(all: mistakes) }
        guard let kind, let first = rows.first else {
            throw Mistakes(all: [Mistake(line: last, message: "there are no arrivals; write a line such as 0,100")])
        }
        if kind == .rates, rows.count < 2 {
            throw Mistakes(all: [Mistake(line: last, message: "one rate has no end; write a second line, such as 60,0")]
            )
        }
        let curve = ArrivalCurve(
            pieces(of: rows, kind, from: kind == .rates ? first.start : 0),
            placement: kind == .rates ? .random : .even)
        guard curve.visitors > 0, curve.visitors <= limit else {
            throw Mistakes(
                all: [Mistake(line: last, message: "\(curve.visitors) arrivals in all; write 1 to \(limit)")])
        }
        return curve
    }

    private static func pieces(of rows: [Row], _ kind: Kind, from start: Int64) -> [ArrivalCurve.Piece] {
        rows.indices.map { index in
            let length =
                if index + 1 < rows.count {
                    rows[index + 1].start - rows[index].start
                } else {
                    index > 0 ? rows[index].start - rows[index - 1].start : 0
                }
            let visitors = kind == .rates ? rows[index].value * Double(length) / 60_000 : rows[index].value
            return ArrivalCurve.Piece(
                start: Milliseconds(rows[index].start - start), length: Milliseconds(length), visitors: visitors)
        }
    }

    private static func row(_ text: Substring, _ kind: Kind, after last: Row?) throws(Flaw) -> Row {
        let fields = text.split(separator: ",", omittingEmptySubsequences: false).map(\.trimmed)
        guard fields.count == 2 else { throw Flaw("\(text.shown) is not two values; write \(kind.rawValue)") }
        guard let start = kind == .counts ? seconds(fields[0]) : time(fields[0]) else {
            throw Flaw(
                kind == .counts
                    ? "\(fields[0].shown) is not a number of seconds; write one such as 90 or 0.125"
                    : "\(fields[0].shown) is not a time; write seconds, 19:30:15 or 2026-11-27T19:30:15Z")
        }
        if let last, start < last.start || kind == .rates && start == last.start {
            throw Flaw("\(fields[0].shown) is not after the line before; put the lines in the order of time")
        }
        let value = kind == .counts ? Int(fields[1]).map(Double.init) : Double(fields[1])
        guard let value, value.isFinite, value >= 0, value <= Double(limit) else {
            throw Flaw(
                "\(fields[1].shown) is not a \(kind == .counts ? "whole " : "")number of arrivals; write 0 or more")
        }
        return Row(start: start, value: value)
    }

    /// In milliseconds; nil unless it is a decimal number from 0 on.
    private static func seconds(_ text: Substring) -> Int64? {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let decimals = parts.count == 2 ? parts[1] : "0"
        guard let whole = parts.first, isDigits(whole, upTo: 9), isDigits(decimals, upTo: 3),
            let seconds = Int64(whole),
            let fraction = Int64(decimals + String(repeating: "0", count: 3 - decimals.utf8.count))
        else { return nil }
        return seconds * 1000 + fraction
    }

    private static func time(_ text: Substring) -> Int64? {
        if let time = seconds(text) { return time }
        if let moment = Timestamp(rfc3339: text) ?? Timestamp(withOffset: text) { return moment.milliseconds }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2 || parts.count == 3, parts.allSatisfy({ isDigits($0, upTo: 2) }) else { return nil }
        let numbers = parts.compactMap { Int64($0) }
        guard numbers[0] < 24, numbers.dropFirst().allSatisfy({ $0 < 60 }) else { return nil }
        return ((numbers[0] * 60 + numbers[1]) * 60 + (numbers.count == 3 ? numbers[2] : 0)) * 1000
    }

    private static func isDigits(_ text: some StringProtocol, upTo count: Int) -> Bool {
        (1...count).contains(text.utf8.count) && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
    }

    private struct Flaw: Error {
        let message: String

        init(_ message: String) { self.message = message }
    }
}

extension Substring {
    fileprivate var trimmed: Substring {
        var text = self
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return text
    }
}

extension StringProtocol {
    /// In quotes, at most 40 characters of it, nothing that moves a terminal's cursor.
    fileprivate var shown: String {
        let safe = unicodeScalars.prefix(40).map { $0.value < 0x20 || $0.value == 0x7f ? "?" : String($0) }
        return "\"\(safe.joined())\(unicodeScalars.count > 40 ? "…" : "")\""
    }
}
