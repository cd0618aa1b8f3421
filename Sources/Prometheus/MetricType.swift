/// The type of a family, as its `# TYPE` line names it.
enum MetricType: String, Sendable {
    case counter, gauge, histogram

    /// The names that samples of the family `name` have.
    func sampleNames(of name: String) -> [String] {
        switch self {
        case .counter, .gauge: [name]
        case .histogram: [name, name + "_bucket", name + "_sum", name + "_count"]
        }
    }
}

/// Which family each sample name belongs to, so that a counter `x_count` cannot stand beside a histogram `x`.
struct SampleNames: Sendable {
    private var families: [String: String] = [:]

    /// False, and nothing is taken, if one of the names belongs to another family.
    mutating func claim(_ family: String, _ type: MetricType) -> Bool {
        let names = type.sampleNames(of: family)
        guard names.allSatisfy({ families[$0, default: family] == family }) else { return false }
        for name in names { families[name] = family }
        return true
    }

    mutating func release(_ family: String, _ type: MetricType) {
        for name in type.sampleNames(of: family) { families[name] = nil }
    }
}
