/// Columns of text, as wide as what stands in them.
package struct Table: Sendable {
    package struct Column: Sendable {
        let title: String
        let isNumber: Bool
        /// How narrow it may become where the terminal is; nil: it keeps its width.
        let minimum: Int?
        /// Whether it may be left out where there is no room for all.
        let isSpare: Bool

        package init(_ title: String, isNumber: Bool = false, minimum: Int? = nil, isSpare: Bool = false) {
            self.title = title
            self.isNumber = isNumber
            self.minimum = minimum
            self.isSpare = isSpare
        }
    }

    package struct Cell: Sendable, ExpressibleByStringInterpolation {
        let text: String
        let style: Style

        package init(_ text: String, _ style: Style = .plain) {
            self.text = text.printable
            self.style = style
        }

        package init(stringLiteral text: String) { self.init(text) }
    }

    private static let gap = 2
    private let columns: [Column]
    private let rows: [[Cell]]

    /// - `rows`: each with a cell for each column.
    package init(_ columns: [Column], rows: [[Cell]]) {
        self.columns = columns
        self.rows = rows
    }

    /// The titles, then a line for each row.
    /// - `width`: of the terminal; nil: no limit.
    package func lines(width: Int?, _ paint: Paint) -> [String] {
        let (shown, widths) = layout(width)
        let titles = shown.map { Cell(columns[$0].title, .faint) }
        return ([titles] + rows.map { row in shown.map { row[$0] } }).map { cells in
            var line = ""
            for (index, cell) in cells.enumerated() {
                let text = cell.text.cut(to: widths[index])
                let isLast = index == cells.count - 1
                let space = String(repeating: " ", count: widths[index] - text.columns)
                if columns[shown[index]].isNumber { line += space }
                line += paint(text, cell.style)
                if !columns[shown[index]].isNumber, !isLast { line += space }
                if !isLast { line += String(repeating: " ", count: Self.gap) }
            }
            return line
        }
    }

    /// Which columns are shown, and how wide each.
    private func layout(_ limit: Int?) -> (shown: [Int], widths: [Int]) {
        let natural = columns.indices.map { column in
            rows.reduce(columns[column].title.columns) { max($0, $1[column].text.columns) }
        }
        var shown = Array(columns.indices)
        guard let limit else { return (shown, natural) }
        func excess(_ widths: (Int) -> Int) -> Int {
            shown.reduce(-Self.gap) { $0 + widths($1) + Self.gap } - limit
        }
        let least = columns.indices.map { min(natural[$0], columns[$0].minimum ?? natural[$0]) }
        while excess({ least[$0] }) > 0, let spare = shown.last(where: { columns[$0].isSpare }) {
            shown.removeAll { $0 == spare }
        }
        var widths = natural
        // The last gives way first: it holds the longest texts.
        for column in shown.reversed() where excess({ widths[$0] }) > 0 {
            widths[column] = max(least[column], widths[column] - excess { widths[$0] })
        }
        return (shown, shown.map { widths[$0] })
    }
}
