extension AuditTrail {
    /// A line for each entry.
    package var table: Table {
        Table(
            [
                .init("TIME (UTC)"), .init("WHO", minimum: 8), .init("ROOM", minimum: 10), .init("WHAT", minimum: 14),
                .init("DETAIL", minimum: 20),
            ],
            rows: entries.map { entry in
                [
                    Table.Cell(Words.time(entry.time)), Table.Cell(entry.actor, .strong), Table.Cell(entry.room ?? "-"),
                    Table.Cell(entry.action), Table.Cell(entry.detail.map(\.words) ?? ""),
                ]
            })
    }
}
