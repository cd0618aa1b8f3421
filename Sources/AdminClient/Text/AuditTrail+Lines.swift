extension AuditTrail {
    /// A line for each entry; what exactly was done stands below where it does not fit.
    /// - `width`: of the terminal; nil: no limit.
    package func lines(width: Int?, _ paint: Paint) -> [String] {
        let table = Table(
            [
                .init("TIME (UTC)"), .init("WHO", minimum: 6), .init("ROOM", minimum: 10), .init("WHAT"),
                .init("DETAIL"),
            ],
            rows: entries.map { entry in
                [
                    Table.Cell(Words.time(entry.time)), Table.Cell(entry.actor, .strong), Table.Cell(entry.room ?? "-"),
                    Table.Cell(entry.action), "",
                ]
            })
        let lines = table.lines(width: width, paint)
        // Colours have no width.
        let widths = table.lines(width: width, Paint(isOn: false)).map(\.columns)
        return lines.prefix(1)
            + entries.indices.flatMap { index in
                let line = lines[index + 1]
                let detail = entries[index].detail.map(\.words) ?? ""
                guard let width, widths[index + 1] + detail.columns > width else { return [line + detail] }
                return [line] + detail.wrapped(to: max(10, width - 4)).map { "    \($0)" }
            }
    }
}
