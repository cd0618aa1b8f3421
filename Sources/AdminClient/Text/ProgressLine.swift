/// How far a work of many steps has come.
package struct ProgressLine: Hashable, Sendable {
    package var done: Int
    package var remaining: Int
    /// Since its beginning, in seconds.
    package var elapsed: Double

    package init(done: Int, remaining: Int, elapsed: Double) {
        self.done = done
        self.remaining = remaining
        self.elapsed = elapsed
    }

    private var total: Int { done + remaining }

    /// From 0 to 100, and 100 only at the end.
    package var percent: Int { total == 0 ? 100 : done * 100 / total }

    /// `[#########-----------]  45 %  18,200 of 41,000  12 s left`, in a terminal of this width.
    package func bar(width: Int) -> String {
        let counts =
            "\(Words.count(done).padded(to: Words.count(total).columns, isRight: true)) of \(Words.count(total))"
        var end = "  \("\(percent)".padded(to: 3, isRight: true)) %  \(counts)"
        // The bar stays as long as it is when the time that is left is beside it.
        let length = min(40, width - end.columns - 3 - "  59 min left".columns)
        if remaining > 0, done > 0, elapsed >= 2 {
            end += "  \(Words.span(seconds: elapsed * Double(remaining) / Double(done))) left"
        }
        guard length >= 5 else { return end.dropFirst(2).description.cut(to: width) }
        let full = total == 0 ? length : done * length / total
        return "[" + String(repeating: "#", count: full) + String(repeating: "-", count: length - full) + "]" + end
    }

    /// Whether it is told to a file or a pipe after `last` was: the first and last step, and each twentieth part of the work.
    package func isWorthALine(after last: ProgressLine?) -> Bool {
        guard let last, remaining > 0 else { return true }
        return percent / 5 > last.percent / 5
    }

    /// `18,200 of 41,000`, for a file or a pipe.
    package var plain: String { "\(Words.count(done)) of \(Words.count(total))" }
}
