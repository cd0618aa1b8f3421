/// Why a room's rate was changed.
package enum AdaptationReason: Hashable, Sendable {
    /// The 95th percentile of the time to an answer's head was above the target.
    case latency(Milliseconds, target: Milliseconds)
    /// The share of failed requests, in thousandths, was above the limit.
    case errors(Int, limit: Int)
    /// The origin bears more.
    case recovered
    /// The room's rate follows its origin no more.
    case off

    /// How many times as much as it may be; 1 without distress.
    var excess: Double {
        switch self {
        case .latency(let measured, let target): measured.seconds / target.seconds
        case .errors(let share, let limit): Double(share) / Double(limit)
        case .recovered, .off: 1
        }
    }

    /// Whether the origin bears less than it got.
    package var isDistress: Bool {
        switch self {
        case .latency, .errors: true
        case .recovered, .off: false
        }
    }

    /// The name in events and of the metric's label.
    package var name: String {
        switch self {
        case .latency: "latency"
        case .errors: "errors"
        case .recovered: "recovered"
        case .off: "off"
        }
    }

    package static let names = ["latency", "errors", "recovered", "off"]

    /// For people, with the figures.
    package var text: String {
        switch self {
        case .latency(let measured, let target): "latency \(measured.count) ms, above \(target.count) ms"
        case .errors(let share, let limit): "errors \(Self.percent(share)), above \(Self.percent(limit))"
        case .recovered: "recovered"
        case .off: "off"
        }
    }

    private static func percent(_ thousandths: Int) -> String { "\(thousandths / 10).\(thousandths % 10)%" }
}
