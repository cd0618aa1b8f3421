/// Why somebody has to solve a challenge: the `reason` label of metrics.
package enum ChallengeReason: Hashable, Sendable, CaseIterable {
    /// The room asks everybody.
    case always
    /// The visitor's token is bound to another network.
    case network
    case signal(AbuseSignal)

    package static let allCases: [ChallengeReason] = [.always, .network] + AbuseSignal.allCases.map { .signal($0) }

    package var name: String {
        switch self {
        case .always: "always"
        case .network: "network"
        case .signal(let signal): signal.rawValue
        }
    }
}
