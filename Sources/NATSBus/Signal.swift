import NIOConcurrencyHelpers

/// Wakes one thread.
final class Signal: Sendable {
    private let lock = ConditionLock(value: false)

    func raise() {
        lock.lock()
        lock.unlock(withValue: true)
    }

    /// Returns when it is raised, or after that time.
    func wait(milliseconds: Int64) {
        guard lock.lock(whenValue: true, timeoutSeconds: Double(milliseconds) / 1000) else { return }
        lock.unlock(withValue: false)
    }

    /// Waits all of the time, unless `isOver`.
    func wait(milliseconds: Int64, ignoringRaises: Bool, unless isOver: () -> Bool) {
        var left = milliseconds
        while left > 0, !isOver() {
            let step = min(left, 50)
            _ = ConditionLock(value: false).lock(whenValue: true, timeoutSeconds: Double(step) / 1000)
            left -= step
        }
    }
}
