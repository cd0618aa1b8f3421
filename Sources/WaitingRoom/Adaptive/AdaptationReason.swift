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

    /// Of each, as in events and as the metric's label.
    package static let names = ["latency", "errors", "recovered", "off"]

    package var name: String {
        switch self {
        case .latency: "latency"
        case .errors: "errors"
        case .recovered: "recovered"
        case .off: "off"
        }
    }

    /// What was measured, and what it may be: milliseconds of a latency, thousandths of errors.
    package var figures: (measured: Int64, limit: Int64)? {
        switch self {
        case .latency(let measured, let target): (measured.count, target.count)
        case .errors(let share, let limit): (Int64(share), Int64(limit))
        case .recovered, .off: nil
        }
    }

    /// Nil if there is no such reason, or it has other figures.
    package init?(name: some StringProtocol, figures: (measured: Int64, limit: Int64)?) {
        switch (String(name), figures) {
        case ("latency", let figures?):
            self = .latency(Milliseconds(figures.measured), target: Milliseconds(figures.limit))
        case ("errors", let figures?):
            guard let share = Int(exactly: figures.measured), let limit = Int(exactly: figures.limit) else {
                return nil
            }
            self = .errors(share, limit: limit)
        case ("recovered", nil): self = .recovered
        case ("off", nil): self = .off
        default: return nil
        }
    }

    /// Whether the origin bears less than it got.
    package var isDistress: Bool { figures != nil }

    /// How many times as much as it may be; 1 without distress.
    var excess: Double { figures.map { Double($0.measured) / Double(max(1, $0.limit)) } ?? 1 }

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
