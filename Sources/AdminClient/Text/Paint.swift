/// How a text is set off on a terminal.
package enum Style: String, Hashable, Sendable {
    case plain = ""
    /// SGR parameters (ECMA-48 §8.3.117).
    case strong = "1"
    case faint = "2"
    case good = "32"
    case warning = "33"
    case bad = "31"
}

/// Colours, where there are any.
package struct Paint: Hashable, Sendable {
    package let isOn: Bool

    package init(isOn: Bool) { self.isOn = isOn }

    package func callAsFunction(_ text: String, _ style: Style) -> String {
        guard isOn, style != .plain, !text.isEmpty else { return text }
        return "\u{1b}[\(style.rawValue)m\(text)\u{1b}[0m"
    }
}
