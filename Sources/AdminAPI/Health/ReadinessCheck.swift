/// One thing that the process needs in order to decide, and how to find out whether it is there.
package struct ReadinessCheck: Sendable {
    /// What a check found.
    package enum Outcome: Hashable, Sendable {
        case ok
        /// Why not, for an operator.
        case failed(reason: String)
    }

    /// What `/readyz` calls it, such as `store`.
    package let name: String
    /// When no answer counts as a failure.
    package let timeout: Duration
    let check: @Sendable () async -> Outcome

    package init(name: String, timeout: Duration = .seconds(2), check: @escaping @Sendable () async -> Outcome) {
        self.name = name
        self.timeout = timeout
        self.check = check
    }
}
