/// How often something happened in the last while: what happened in the current window, and of the one before the share
/// that is not yet over (the sliding window of rate limiters). Error: as if events were even within a window.
struct WindowCount: Hashable, Sendable {
    private var start: Int64 = .min
    private var current = 0
    private var previous = 0

    /// - Parameters:
    ///   - now, span: milliseconds.
    func value(at now: Int64, span: Int64) -> Int {
        var copy = self
        copy.turn(now, span)
        return copy.current + copy.previous * Int(span - (now - copy.start)) / Int(span)
    }

    mutating func add(_ count: Int = 1, at now: Int64, span: Int64) {
        turn(now, span)
        current += count
    }

    /// Takes one back, if any is left.
    mutating func remove(at now: Int64, span: Int64) {
        turn(now, span)
        if previous > 0 { previous -= 1 } else { current = max(0, current - 1) }
    }

    private mutating func turn(_ now: Int64, _ span: Int64) {
        // A clock that was set back begins anew.
        guard start != .min, now >= start, now - start < 2 * span else {
            self = WindowCount(start: now)
            return
        }
        guard now - start >= span else { return }
        (previous, current) = (current, 0)
        start += span
    }

    init() {}

    private init(start: Int64) { self.start = start }
}
