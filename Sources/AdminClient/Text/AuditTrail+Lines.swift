extension AuditTrail {
    /// A line for each entry; where that is wider than the terminal, what exactly was done stands below.
    /// - Parameter width: of the terminal; nil: no limit.
    package func lines(width: Int?, _ paint: Paint) -> [String] {
        let columns: [Table.Column] = [
            .init("TIME (UTC)"), .init("WHO", minimum: 6), .init("ROOM", minimum: 10), .init("WHAT"),
        ]
        let wide = Table(columns + [.init("DETAIL")], rows: entries.map { $0.cells + [Table.Cell($0.words)] })
        // Measured without colours.
        let measured = wide.lines(width: nil, Paint(isOn: false)).map(\.columns).max() ?? 0
        guard let width, measured > width else { return wide.lines(width: nil, paint) }
        let lines = Table(columns, rows: entries.map(\.cells)).lines(width: width, paint)
        return lines.prefix(1)
            + zip(lines.dropFirst(), entries).flatMap { line, entry in
                [line] + (entry.words.isEmpty ? [] : entry.words.wrapped(to: max(10, width - 4)).map { "    \($0)" })
            }
    }
}

extension AuditTrail.Entry {
    fileprivate var cells: [Table.Cell] {
        [Table.Cell(Words.time(time)), Table.Cell(actor, .strong), Table.Cell(room ?? "-"), Table.Cell(action)]
    }

    fileprivate var words: String { detail.map(\.words) ?? "" }
}
