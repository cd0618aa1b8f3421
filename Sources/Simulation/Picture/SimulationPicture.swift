import WaitingRoom

/// A simulation as four diagrams over the same time: the line, who has come and was let in, the wait, and the slots. It is an
/// SVG document that needs nothing else, and follows the reader's choice of a light or a dark page.
package struct SimulationPicture: Sendable {
    private static let width = 900.0
    private static let left = 74.0
    private static let right = 24.0
    private static let panelHeight = 132.0
    private static let panelGap = 58.0
    private static let header = 104.0

    private let result: SimulationResult

    package init(_ result: SimulationResult) { self.result = result }

    /// The whole document, in UTF-8.
    package var svg: String {
        let points = self.points
        let panels = [line(points), traffic(points), wait(points), slots(points)]
        let length = Double(points.count) * result.trace.pointLength.seconds
        let times = AxisTicks(timeUpTo: length, about: 8).values.filter { $0 <= length }
        let height = Self.header + Double(panels.count) * (Self.panelHeight + Self.panelGap)
        var svg = """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(Int(Self.width)) \(Int(height))" \
            width="\(Int(Self.width))" height="\(Int(height))" role="img" aria-label="\(summary.escapedForXML)">
            <style>\(Self.styles)</style>
            <rect class="page" width="100%" height="100%"/>
            <text class="heading" x="\(Self.left)" y="32">\(heading.escapedForXML)</text>
            <text class="label" x="\(Self.left)" y="54">\(summary.escapedForXML)</text>

            """
        for (index, panel) in panels.enumerated() {
            let frame = PlotFrame(
                left: Self.left, top: Self.header + Double(index) * (Self.panelHeight + Self.panelGap),
                width: Self.width - Self.left - Self.right, height: Self.panelHeight)
            svg += panel.draw(in: frame, over: Double(max(1, points.count)), times: times.map { $0 / max(length, 1) })
            for time in times {
                svg +=
                    "<text class=\"label middle\" x=\"\(frame.x(time / max(length, 1)))\" y=\"\(frame.bottom + 16)\">"
                svg += "\(Self.clock(time))</text>\n"
            }
        }
        svg += "<text class=\"label end\" x=\"\(Self.width - Self.right)\" y=\"\(height - 8)\">"
        return svg + "time since the beginning of the curve</text>\n</svg>\n"
    }

    /// The trace as far as there is anything to see of the line and a little further: sessions may go on for long.
    private var points: [Trace.Point] {
        let all = result.trace.points
        let last = all.lastIndex { $0.arrived + $0.admitted + $0.waiting > 0 } ?? 0
        return Array(all.prefix(min(all.count, last + 1 + max(1, last / 10))))
    }

    private var heading: String { "Room \(result.settings.id.text), \(Figures.count(result.visitors)) visitors" }

    private var summary: String {
        guard let mean = result.waits.mean, let most = result.waits.quantile(0.95) else { return "Nobody was let in." }
        return "At most \(Figures.count(result.peakWaiting)) in line; wait \(Figures.span(mean)) on average, "
            + "\(Figures.span(most)) or less for 95 %, \(Figures.span(result.waits.longest)) at most"
    }

    private func line(_ points: [Trace.Point]) -> PlotPanel {
        var panel = PlotPanel(
            title: "Visitors in line",
            curves: [.init(name: "in line", style: "a", values: points.map { Double($0.waiting) }, isFilled: true)])
        panel.note = "\(Figures.count(result.peakWaiting)) after \(Figures.span(result.peakWaitingAt))"
        return panel
    }

    /// Sums: the line is what lies between those who have come and those who are gone, and the wait is how far to the
    /// right the one curve follows the other.
    private func traffic(_ points: [Trace.Point]) -> PlotPanel {
        func sums(_ count: (Trace.Point) -> Int) -> [Double?] {
            var sum = 0
            return points.map { point in
                sum += count(point)
                return Double(sum)
            }
        }
        var curves = [
            PlotPanel.Curve(name: "have come", style: "b", values: sums(\.arrived)),
            PlotPanel.Curve(name: "were let in", style: "a", values: sums(\.admitted)),
        ]
        if result.left + result.silent > 0 {
            curves.append(.init(name: "have given up", style: "c", values: sums(\.gone)))
        }
        return PlotPanel(title: "Visitors so far", curves: curves)
    }

    private func wait(_ points: [Trace.Point]) -> PlotPanel {
        var panel = PlotPanel(
            title: "Longest wait of those let in then",
            curves: [.init(name: "wait", style: "a", values: points.map { $0.longestWait?.seconds })])
        panel.label = Self.clock
        panel.isTime = true
        panel.note = Figures.span(result.waits.longest)
        return panel
    }

    private func slots(_ points: [Trace.Point]) -> PlotPanel {
        let used = PlotPanel.Curve(
            name: "in use", style: "a", values: points.map { Double($0.slots) }, isFilled: true)
        let limit = Double(result.settings.maxActiveUsers)
        // A limit far above the use would press the use down to the axis.
        guard limit <= Double(result.peakSlots) * 4 else {
            return PlotPanel(title: "Slots in use, of \(Figures.count(result.settings.maxActiveUsers))", curves: [used])
        }
        let line = PlotPanel.Curve(
            name: "max_active_users", style: "c", values: points.map { _ in limit }, isLimit: true)
        return PlotPanel(title: "Slots", curves: [used, line])
    }

    /// Of a time axis: `0`, `45 s`, `30 min`, `1:30 h`.
    private static func clock(_ seconds: Double) -> String {
        let whole = Int(seconds.rounded())
        if whole == 0 { return "0" }
        if whole < 60 { return "\(whole) s" }
        func padded(_ number: Int) -> String { (number < 10 ? "0" : "") + String(number) }
        if whole < 3600 { return whole % 60 == 0 ? "\(whole / 60) min" : "\(whole / 60):\(padded(whole % 60)) min" }
        return whole % 3600 == 0 ? "\(whole / 3600) h" : "\(whole / 3600):\(padded(whole / 60 % 60)) h"
    }

    private static let styles = """

        text { font-family: system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; fill: #1f2328; }
        .page { fill: #ffffff; }
        .heading { font-size: 20px; font-weight: 600; }
        .title { font-size: 14px; font-weight: 600; }
        .label { font-size: 12px; fill: #59636e; }
        .note { font-size: 12px; font-weight: 600; }
        .end { text-anchor: end; }
        .middle { text-anchor: middle; }
        .grid { stroke: #d1d9e0; stroke-width: 1; }
        .curve { fill: none; stroke-width: 2; stroke-linejoin: round; }
        .limit { fill: none; stroke-width: 1.5; stroke-dasharray: 6 4; }
        .area { opacity: 0.18; }
        .curve.a, .limit.a { stroke: #0969da; } .area.a, .mark.a { fill: #0969da; }
        .curve.b, .limit.b { stroke: #9a6700; } .area.b, .mark.b { fill: #9a6700; }
        .curve.c, .limit.c { stroke: #cf222e; } .area.c, .mark.c { fill: #cf222e; }
        @media (prefers-color-scheme: dark) {
        text { fill: #f0f6fc; }
        .page { fill: #0d1117; }
        .label { fill: #9198a1; }
        .grid { stroke: #30363d; }
        .curve.a, .limit.a { stroke: #4493f8; } .area.a, .mark.a { fill: #4493f8; }
        .curve.b, .limit.b { stroke: #d29922; } .area.b, .mark.b { fill: #d29922; }
        .curve.c, .limit.c { stroke: #f85149; } .area.c, .mark.c { fill: #f85149; }
        }

        """
}
