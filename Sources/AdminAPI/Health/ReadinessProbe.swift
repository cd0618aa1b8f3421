import Synchronization

/// Runs one check at a time. A request that comes while a check still runs waits for that run, so a dependency that
/// hangs holds one task, however often it is asked about.
final class ReadinessProbe: Sendable {
    let check: ReadinessCheck
    private let running = Mutex<Task<ReadinessCheck.Outcome, Never>?>(nil)

    init(_ check: ReadinessCheck) {
        self.check = check
    }

    /// What the check finds, or a failure once its time is over.
    func outcome() async -> ReadinessCheck.Outcome {
        let run = running.withLock { running in
            if let running { return running }
            let run = Task { [self] in
                let outcome = await check.check()
                self.running.withLock { $0 = nil }
                return outcome
            }
            running = run
            return run
        }
        return await value(within: check.timeout) { await run.value }
            ?? .failed(reason: "no answer within \(check.timeout)")
    }
}
