/// One thing, a line for each fact, the facts' names in a column of their own.
package struct Sheet: Sendable {
    private var title: String
    private var subtitle: String?
    private var facts: [(name: String, text: String, style: Style, note: String?)] = []

    init(_ title: String, _ subtitle: String? = nil) {
        self.title = title.printable
        self.subtitle = subtitle?.printable
    }

    /// Adds a fact, unless it is nil.
    mutating func add(_ name: String, _ text: String?, _ style: Style = .plain, note: String? = nil) {
        guard let text else { return }
        facts.append((name, text.printable, style, note?.printable))
    }

    /// - `width`: of the terminal; nil: no limit.
    package func lines(width: Int?, _ paint: Paint) -> [String] {
        let names = facts.map(\.name.columns).max() ?? 0
        let margin = names + 4
        let room = width.map { max(10, $0 - margin) }
        var lines = [paint(title, .strong) + (subtitle.map { "  \($0)" } ?? "")]
        for fact in facts {
            // What is beside the fact goes below where it does not fit.
            let isOneLine = room.map { fact.text.columns + 2 + (fact.note?.columns ?? 0) <= $0 } ?? true
            let end = fact.note.map { "  " + paint($0, .faint) } ?? ""
            var body = room.map(fact.text.wrapped) ?? [fact.text]
            body = body.map { paint($0, fact.style) }
            if isOneLine {
                body[0] += end
            } else if let note = fact.note, let room {
                body += note.wrapped(to: room).map { paint($0, .faint) }
            }
            for (index, line) in body.enumerated() {
                let name = index == 0 ? fact.name : ""
                lines.append("  " + paint(name.padded(to: names), .faint) + "  " + line)
            }
        }
        return lines
    }
}
