/// The body of `/readyz`.
struct Readiness: Encodable {
    struct Check: Encodable {
        let name: String
        let ok: Bool
        /// Absent if it is ok.
        let reason: String?

        init(_ name: String, _ outcome: ReadinessCheck.Outcome) {
            self.name = name
            switch outcome {
            case .ok: (ok, reason) = (true, nil)
            case .failed(let text): (ok, reason) = (false, text)
            }
        }
    }

    let ready: Bool
    let checks: [Check]

    init(checks: [Check]) {
        ready = checks.allSatisfy(\.ok)
        self.checks = checks
    }

    /// What it is where these checks do not matter, as `/readyz?exclude=` of Kubernetes's own servers has it: a load
    /// balancer must not take out all gates at once because the store that they share is away.
    func without(_ names: [String]) -> Readiness { Readiness(checks: checks.filter { !names.contains($0.name) }) }
}
