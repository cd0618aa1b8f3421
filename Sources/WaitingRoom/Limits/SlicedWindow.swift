/// The calls that one caller made in the last span of a limit such as 10/min.
///
/// The span is cut into 16 slices, and a call counts until its slice is 16 old: between 15/16 of the span and all of it.
/// So never more than `count` calls pass within 15/16 of a span, in the long run at most 16/15 of the rate, and nobody is
/// refused for longer than a span. Calls that are refused do not count. Exact times would take a number for each call.
package struct SlicedWindow: Hashable, Sendable {
    /// Limits have to stay below what one slice can count.
    package static let mostCalls: Int64 = 60_000

    private static let slices: Int64 = 16

    /// Of the time line since 1970; the last one in `counts`.
    private var latest: Int64
    /// By the slice's number modulo 16.
    private var counts = SIMD16<UInt16>(repeating: 0)

    package init(at now: Timestamp, under rate: Rate) { latest = Self.slice(at: now, rate) }

    /// Counts a call, unless it is refused. O(1).
    /// - `rate`: at most `mostCalls`, and with the same span each time.
    package mutating func take(at now: Timestamp, under rate: Rate) -> RateVerdict {
        move(to: Self.slice(at: now, rate))
        let used = Int64(counts.wrappedSum())
        guard used < rate.count else { return .refused(retryAfter: wait(for: used - rate.count + 1, at: now, rate)) }
        counts[Self.index(latest)] += 1
        return .passed(remaining: Int(rate.count - used - 1), reset: wait(for: 1, at: now, rate))
    }

    /// Whether nothing counts any more.
    package func isOver(at now: Timestamp, under rate: Rate) -> Bool {
        let slice = Self.slice(at: now, rate)
        return slice - latest >= Self.slices || latest - slice > Self.slices
    }

    private mutating func move(to slice: Int64) {
        let steps = slice - latest
        // A clock that has been far ahead and is put right must not shut anybody out until it is there again.
        if steps >= Self.slices || steps < -Self.slices {
            counts = SIMD16(repeating: 0)
            latest = slice
            return
        }
        // One that steps back a little stands still.
        guard steps > 0 else { return }
        for next in latest + 1...slice { counts[Self.index(next)] = 0 }
        latest = slice
    }

    /// How long until so many of the calls count no more.
    private func wait(for calls: Int64, at now: Timestamp, _ rate: Rate) -> Milliseconds {
        var freed: Int64 = 0
        for slice in latest - Self.slices + 1...latest {
            freed += Int64(counts[Self.index(slice)])
            guard freed >= calls else { continue }
            // The first moment of the slice in which this one is 16 old.
            let end = ((slice + Self.slices) * rate.per.count + Self.slices - 1) / Self.slices
            return max(Milliseconds(1), Timestamp(milliseconds: end) - now)
        }
        return rate.per
    }

    private static func slice(at now: Timestamp, _ rate: Rate) -> Int64 {
        max(0, now.milliseconds) * slices / max(1, rate.per.count)
    }

    private static func index(_ slice: Int64) -> Int { Int(slice & (slices - 1)) }
}

/// What a limit says of a call.
package enum RateVerdict: Hashable, Sendable {
    /// - Parameters:
    ///   - remaining: how many more may follow at once.
    ///   - reset: when it will be more than that.
    case passed(remaining: Int, reset: Milliseconds)
    /// - Parameter retryAfter: when one will pass again.
    case refused(retryAfter: Milliseconds)
    /// It may go on, and was not counted: too many callers are known already.
    case uncounted
}
