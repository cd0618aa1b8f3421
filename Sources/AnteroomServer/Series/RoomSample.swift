import AdminAPI

/// A room at one moment: a value for each column of its series, or none where it is not known.
struct RoomSample: Hashable, Sendable {
    /// In the order of `columns`; not a number where nothing is known.
    private(set) var cells = ContiguousArray(repeating: Float.nan, count: columns.count)

    static let columns = RoomSeries.Column.allCases
    private static let places = Dictionary(uniqueKeysWithValues: columns.enumerated().map { ($0.element, $0.offset) })

    /// Nothing is known.
    init() {}

    subscript(_ column: RoomSeries.Column) -> Double? {
        get {
            guard let place = Self.places[column], !cells[place].isNaN else { return nil }
            return Double(cells[place])
        }
        set {
            guard let place = Self.places[column] else { return }
            cells[place] = newValue.map { Float($0) } ?? .nan
        }
    }
}
