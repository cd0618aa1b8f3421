/// The labels of one sample, checked and escaped. Written in the order given; equal to a set of the same pairs in any
/// order.
struct LabelSet: Hashable, Sendable {
    /// `name="value",name="value"`, without braces; empty without labels.
    let text: String
    /// The same, sorted by name.
    private let key: String

    /// Throws `invalidLabel`. `le` is taken in a histogram: it names the buckets.
    init(_ labels: [(String, String)], of type: MetricType) throws(MetricsError) {
        var pairs: [(name: String, text: String)] = []
        for (name, value) in labels {
            try MetricName.checkLabel(name)
            guard !(type == .histogram && name == "le"), !pairs.contains(where: { $0.name == name }) else {
                throw MetricsError(.invalidLabel, "The label \"\(name)\" is there already")
            }
            pairs.append((name, "\(name)=\"\(Self.escaped(value))\""))
        }
        text = pairs.map(\.text).joined(separator: ",")
        key = pairs.sorted { $0.name < $1.name }.map(\.text).joined(separator: ",")
    }

    /// No labels.
    static let none = LabelSet(text: "", key: "")

    private init(text: String, key: String) {
        self.text = text
        self.key = key
    }

    static func == (a: Self, b: Self) -> Bool { a.key == b.key }

    func hash(into hasher: inout Hasher) { hasher.combine(key) }

    /// `\`, `"` and line feed are escaped, as the text format asks for label values.
    private static func escaped(_ value: String) -> String {
        guard value.utf8.contains(where: { $0 == 0x5c || $0 == 0x22 || $0 == 0x0a }) else { return value }
        var result = ""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "\"": result += "\\\""
            case "\n": result += "\\n"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
