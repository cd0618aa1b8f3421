/// One diagram of a picture: some curves over the same time.
struct PlotPanel {
    /// A line, or a line with the area beneath it.
    struct Curve {
        let name: String
        /// Of the style sheet; also its colour's place in the legend.
        let style: String
        /// One for each point in time; nil where there is nothing to show.
        let values: [Double?]
        var isFilled = false
        /// Straight and dashed: a limit.
        var isLimit = false
    }

    let title: String
    let curves: [Curve]
    /// Writes a value of the vertical axis.
    var label: (Double) -> String = { Figures.count(Int($0.rounded())) }
    /// A word at the highest point of the first curve; nil for none.
    var note: String?
    /// The axis' steps are those in which people count time.
    var isTime = false

    /// - Parameters:
    ///   - frame: of the curves; labels stand to the left and above.
    ///   - span: the time from the left to the right edge, in points of the curves.
    func draw(in frame: PlotFrame, over span: Double, times: [Double]) -> String {
        let highest = curves.flatMap(\.values).compactMap(\.self).max() ?? 0
        let ticks =
            isTime
            ? AxisTicks(timeUpTo: max(highest, 4), about: 4) : AxisTicks(upTo: max(highest, 1), about: 4, least: 1)
        var svg = "<text class=\"title\" x=\"\(frame.left)\" y=\"\(frame.top - 12)\">\(title.escapedForXML)</text>\n"
        for value in ticks.values {
            let y = frame.y(value / ticks.top)
            svg += "<line class=\"grid\" x1=\"\(frame.left)\" y1=\"\(y)\" x2=\"\(frame.right)\" y2=\"\(y)\"/>\n"
            svg += "<text class=\"label end\" x=\"\(frame.left - 8)\" y=\"\(y + 4)\">\(label(value))</text>\n"
        }
        for time in times {
            let x = frame.x(time)
            svg += "<line class=\"grid\" x1=\"\(x)\" y1=\"\(frame.top)\" x2=\"\(x)\" y2=\"\(frame.bottom)\"/>\n"
        }
        for curve in curves { svg += draw(curve, in: frame, over: span, top: ticks.top) }
        return svg + legend(in: frame) + peak(in: frame, over: span, top: ticks.top)
    }

    private func draw(_ curve: Curve, in frame: PlotFrame, over span: Double, top: Double) -> String {
        var svg = ""
        var piece: [(x: Double, y: Double)] = []
        func finish() {
            guard let first = piece.first, let last = piece.last else { return }
            let points = piece.map { "\($0.x),\($0.y)" }.joined(separator: " ")
            if curve.isFilled {
                svg += "<polygon class=\"area \(curve.style)\" points=\"\(first.x),\(frame.bottom) \(points) "
                svg += "\(last.x),\(frame.bottom)\"/>\n"
            }
            svg += "<polyline class=\"\(curve.isLimit ? "limit" : "curve") \(curve.style)\" points=\"\(points)\"/>\n"
            piece = []
        }
        for (index, value) in curve.values.enumerated() {
            if let value {
                piece.append((frame.x(Double(index) / span), frame.y(value / top)))
            } else {
                finish()
            }
        }
        finish()
        return svg
    }

    /// To the right above the curves, where more than one could be meant.
    private func legend(in frame: PlotFrame) -> String {
        guard curves.count > 1 else { return "" }
        var svg = ""
        var right = frame.right
        for curve in curves.reversed() {
            // About what the letters are wide.
            let width = Double(curve.name.count) * 7
            svg +=
                "<text class=\"label\" x=\"\(right - width)\" y=\"\(frame.top - 12)\">\(curve.name.escapedForXML)</text>\n"
            let style = curve.isLimit ? "limit" : "curve"
            svg += "<line class=\"\(style) \(curve.style)\" x1=\"\(right - width - 24)\" y1=\"\(frame.top - 16)\" "
            svg += "x2=\"\(right - width - 6)\" y2=\"\(frame.top - 16)\"/>\n"
            right -= width + 44
        }
        return svg
    }

    private func peak(in frame: PlotFrame, over span: Double, top: Double) -> String {
        guard let note, let values = curves.first?.values,
            let highest = values.compactMap(\.self).max(), highest > 0,
            let index = values.firstIndex(of: highest)
        else { return "" }
        let x = frame.x(Double(index) / span)
        let y = frame.y(highest / top)
        let isLeft = x < (frame.left + frame.right) / 2
        let style = curves.first?.style ?? ""
        return "<circle class=\"mark \(style)\" cx=\"\(x)\" cy=\"\(y)\" r=\"3.5\"/>\n"
            + "<text class=\"note\(isLeft ? "" : " end")\" x=\"\(isLeft ? x + 10 : x - 10)\" y=\"\(max(y - 4, frame.top + 10))\">"
            + "\(note.escapedForXML)</text>\n"
    }
}

/// Where in a picture a diagram's curves are, in pixels.
struct PlotFrame {
    let left: Double
    let top: Double
    let width: Double
    let height: Double

    var right: Double { left + width }
    var bottom: Double { top + height }

    /// Of a part of the way from left to right, to a tenth of a pixel.
    func x(_ part: Double) -> Double { Self.rounded(left + width * min(1, max(0, part))) }

    /// Of a part of the way from the bottom up.
    func y(_ part: Double) -> Double { Self.rounded(bottom - height * min(1, max(0, part))) }

    private static func rounded(_ value: Double) -> Double { (value * 10).rounded() / 10 }
}

extension String {
    /// As the content of an element, or of an attribute in double quotes (XML 1.0 §2.4).
    var escapedForXML: String {
        var text = ""
        for scalar in unicodeScalars {
            switch scalar {
            case "&": text += "&amp;"
            case "<": text += "&lt;"
            case ">": text += "&gt;"
            case "\"": text += "&quot;"
            // Others below the space are no characters of XML.
            case _ where scalar.value < 0x20: text += " "
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }
}
