/// How often one position asks for its place, and how evenly.
struct PollPace: Hashable, Sendable {
    /// So many polls may come at once: a page that was reloaded some times, or is open in several tabs.
    private static let burst = 20.0
    /// So many polls in the time between two that `poll_after_seconds` asks for: less is a matter of clocks and tabs.
    private static let excess = 4.0
    /// Intervals that are looked at before they count as a rhythm.
    private static let rhythmLength = 16
    /// The mean deviation of intervals, as a part of their mean, that people's pages and networks do not keep below.
    private static let evenness = 0.02
    /// An app that polls as often as it was told may do so by the clock.
    private static let impatience = 0.8

    /// Why the position has to prove itself; nil while it need not.
    private(set) var signal: AbuseSignal?
    private var credit = burst
    private var lastAt: Int64 = .min
    private var intervals = 0
    private var mean = 0.0
    private var deviation = 0.0

    init() {}

    /// Notes a poll.
    /// - Parameters:
    ///   - now: milliseconds since 1970.
    ///   - pollAfter: what the position was told, in milliseconds.
    mutating func note(at now: Int64, pollAfter: Int64) {
        defer { lastAt = now }
        guard signal == nil, lastAt != .min, now >= lastAt, pollAfter > 0 else { return }
        let interval = Double(now - lastAt)
        let due = Double(pollAfter)
        credit = min(Self.burst, credit + interval * Self.excess / due) - 1
        if credit < 0 {
            signal = .pollRate
            return
        }
        mean = intervals == 0 ? interval : mean + (interval - mean) / 8
        deviation += (abs(interval - mean) - deviation) / 8
        intervals += 1
        if intervals >= Self.rhythmLength, mean < due * Self.impatience, deviation < mean * Self.evenness {
            signal = .pollRhythm
        }
    }
}
