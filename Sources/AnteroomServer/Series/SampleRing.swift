import AdminAPI
import WaitingRoom

/// The latest samples of one room at a fixed interval, six hours of them: about 112 KB.
struct SampleRing: Sendable {
    static let interval = Milliseconds.seconds(10)
    static let capacity = 2160

    /// Rows of one value for each column; the row of the sample `n` intervals after 1970 is `n % capacity`.
    private var cells: ContiguousArray<Float> = []
    /// Of the oldest and of the newest sample that is kept. Those that are missing in between are unknown.
    private var numbers: ClosedRange<Int64>?

    private static let width = RoomSample.columns.count

    /// The number of the sample whose time is nearest to `time`: a timer may fire a little early.
    static func number(of time: Timestamp) -> Int64 { (time.milliseconds + interval.count / 2) / interval.count }

    /// Takes a sample in, in place of the oldest one where the ring is full. A clock that was set back by less than six
    /// hours is waited for, so that its correction does not cost the record; by more, the record starts over.
    mutating func add(_ sample: RoomSample, at time: Timestamp) {
        let number = Self.number(of: time)
        guard let known = numbers, abs(number - known.upperBound) < Self.capacity else {
            cells = ContiguousArray(repeating: .nan, count: Self.capacity * Self.width)
            numbers = number...number
            return write(sample, number)
        }
        guard number >= known.upperBound else { return }
        for missing in known.upperBound..<number where missing > known.upperBound { write(RoomSample(), missing) }
        write(sample, number)
        numbers = max(known.lowerBound, number - Int64(Self.capacity) + 1)...number
    }

    /// The latest samples, at most `count`; nil where there is none.
    func series(latest count: Int) -> RoomSeries? {
        guard let numbers, count > 0 else { return nil }
        let first = max(numbers.lowerBound, numbers.upperBound - Int64(min(count, Self.capacity)) + 1)
        let rows = (first...numbers.upperBound).map { Self.row($0) }
        let columns = RoomSample.columns.enumerated().map { place, column in
            (column, rows.map { value(at: $0 + place) })
        }
        return RoomSeries(
            interval: Self.interval, from: Timestamp(milliseconds: (first - 1) * Self.interval.count),
            columns: Dictionary(uniqueKeysWithValues: columns))
    }

    /// To five decimals, which is more than is measured: a `Float`'s own digits as a `Double` would be a long text.
    private func value(at index: Int) -> Double? {
        cells[index].isNaN ? nil : (Double(cells[index]) * 100_000).rounded() / 100_000
    }

    private mutating func write(_ sample: RoomSample, _ number: Int64) {
        let start = Self.row(number)
        for (place, value) in sample.cells.enumerated() { cells[start + place] = value }
    }

    /// Where the row of a sample begins in `cells`.
    private static func row(_ number: Int64) -> Int { Int(number % Int64(capacity)) * width }
}
