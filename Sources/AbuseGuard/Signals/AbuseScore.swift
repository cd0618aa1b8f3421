/// How much about a newcomer looks like a program, and why.
package struct AbuseScore: Hashable, Sendable {
    /// Each once, the heaviest first.
    package let signals: [AbuseSignal]
    package let total: Int

    /// From here on a newcomer is suspicious: one strong sign, or two weak ones.
    package static let threshold = 50
    /// From here on there are two strong signs.
    static let certainty = 100

    package init(_ signals: Set<AbuseSignal>) {
        self.signals = AbuseSignal.allCases.filter(signals.contains)
            .sorted { $0.weight > $1.weight }
        total = self.signals.reduce(0) { $0 + $1.weight }
    }

    package var isSuspicious: Bool { total >= Self.threshold }
}
