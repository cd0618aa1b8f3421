/// How long to wait before the next attempt: doubled from 100 ms to 5 s, and of that a random half to all, so that many
/// gates do not come back in one moment.
struct Backoff: Sendable {
    private var failures = 0

    mutating func succeeded() { failures = 0 }

    mutating func next(using generator: inout some RandomNumberGenerator) -> Duration {
        let ceiling = min(5_000, 100 << min(failures, 6))
        failures += 1
        return .milliseconds(Int.random(in: ceiling / 2...ceiling, using: &generator))
    }
}
