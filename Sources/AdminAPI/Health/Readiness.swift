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
}
