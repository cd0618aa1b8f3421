import WaitingRoom

extension SimulationResult {
    /// The result for a terminal, a line each.
    package var table: [String] {
        var rows: [(String, String)] = [("Visitors", Figures.count(visitors))]
        func add(_ name: String, _ count: Int, always: Bool = false) {
            if always || count > 0 {
                rows.append((name, "\(Figures.count(count))  (\(Figures.percent(count, of: visitors)))"))
            }
        }
        add("  let in at once", admittedAtOnce, always: true)
        add("  let in from the line", admitted - admittedAtOnce, always: true)
        add("  left the line", left)
        add("  fell silent in line", silent)
        add("  found the line full", foundFull)
        add("  found the room closed", foundClosed)
        add("  still in line at the end", stillWaiting)
        add("Let in, but did not come", missedTurn)
        rows.append(("Wait", waitRow))
        rows.append(("Line", lineRow))
        if let throughput { rows.append(("Let in", "\(Figures.decimal(throughput)) a minute while somebody waited")) }
        rows.append(("Slots", slotsRow))
        if let heldRow { rows.append(("Held back by", heldRow)) }
        rows.append(("Last session ended", "after \(Figures.span(end))"))
        let width = rows.map(\.0.count).max() ?? 0
        return rows.map { name, value in name + String(repeating: " ", count: width + 2 - name.count) + value }
    }

    private var waitRow: String {
        guard let mean = waits.mean else { return "nobody was let in" }
        let quantiles = [("median", 0.5), ("95 %", 0.95), ("99 %", 0.99)].map { name, part in
            "\(name) \(Figures.span(waits.quantile(part) ?? waits.longest))"
        }
        return
            "mean \(Figures.span(mean)), \(quantiles.joined(separator: ", ")), longest \(Figures.span(waits.longest))"
    }

    private var lineRow: String {
        guard let lineFormedAt else { return "nobody waited" }
        let end = lineEmptyAt.map { "was empty for good after \(Figures.span($0))" } ?? "was not empty at the end"
        return "at most \(Figures.count(peakWaiting)) after \(Figures.span(peakWaitingAt)); "
            + "formed after \(Figures.span(lineFormedAt)), \(end)"
    }

    private var slotsRow: String {
        let peak = "at most \(Figures.count(peakSlots)) of \(Figures.count(settings.maxActiveUsers))"
        return slotsWhileWaiting.map { "\(peak), \(Figures.decimal($0)) on average while somebody waited" } ?? peak
    }

    private var heldRow: String? {
        let steps = stepsHeldByRate + stepsHeldBySlots
        guard steps > 0 else { return nil }
        return "the rate in \(Figures.percent(stepsHeldByRate, of: steps)) of the steps, "
            + "too few slots in \(Figures.percent(stepsHeldBySlots, of: steps))"
    }
}
