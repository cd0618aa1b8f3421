/// One scrape in the making: samples are put in family by family, in any order, and written as text at the end.
///
/// A sample that the format does not allow (a bad name, a label set that is there already, a family of another type, a
/// label set past `labelSetLimit`) is left out and counted in `rejected`.
package struct MetricsWriter {
    private struct Family {
        let type: MetricType
        var help: String
        var labelSets: Set<LabelSet> = []
        var samples: [UInt8] = []
    }

    private var families: [String: Family] = [:]
    private var names = SampleNames()
    private let labelSetLimit: Int
    private(set) var rejected: UInt64 = 0

    init(labelSetLimit: Int) {
        self.labelSetLimit = labelSetLimit
    }

    /// A value that only grows.
    package mutating func counter(
        _ name: String, help: String = "", labels: [(String, String)] = [], value: Double
    ) {
        number(name, .counter, help: help, labels: labels, value)
    }

    /// A value that only grows.
    package mutating func counter(
        _ name: String, help: String = "", labels: [(String, String)] = [], value: some BinaryInteger
    ) {
        number(name, .counter, help: help, labels: labels, Double(value))
    }

    /// A value that rises and falls.
    package mutating func gauge(_ name: String, help: String = "", labels: [(String, String)] = [], value: Double) {
        number(name, .gauge, help: help, labels: labels, value)
    }

    /// A value that rises and falls.
    package mutating func gauge(
        _ name: String, help: String = "", labels: [(String, String)] = [], value: some BinaryInteger
    ) {
        number(name, .gauge, help: help, labels: labels, Double(value))
    }

    /// Buckets, sum and count; a duration's unit is the second.
    package mutating func histogram(
        _ name: String, help: String = "", labels: [(String, String)] = [], _ counts: HistogramCounts
    ) {
        guard let labels = checked(labels, .histogram) else { return }
        write(counts, name, help: help, labels)
    }

    mutating func write(_ value: Double, _ name: String, _ type: MetricType, help: String, _ labels: LabelSet) {
        append(name, type, help: help, labels) { samples in
            Self.sample(name, labels.text, value, to: &samples)
        }
    }

    mutating func write(_ counts: HistogramCounts, _ name: String, help: String, _ labels: LabelSet) {
        append(name, .histogram, help: help, labels) { samples in
            let prefix = labels.text.isEmpty ? "" : labels.text + ","
            var cumulated: UInt64 = 0
            for (index, count) in counts.counts.enumerated() {
                cumulated &+= count
                let bound = index < counts.bounds.count ? counts.bounds[index] : .infinity
                Self.sample(
                    name + "_bucket", "\(prefix)le=\"\(Self.text(of: bound))\"", Double(cumulated), to: &samples)
            }
            Self.sample(name + "_sum", labels.text, counts.sum, to: &samples)
            Self.sample(name + "_count", labels.text, Double(cumulated), to: &samples)
        }
    }

    /// Notes something that was left out before it came here.
    mutating func reject() { rejected += 1 }

    /// Appends everything, families in the order of their names, in the text format 0.0.4:
    /// https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
    func emit(into buffer: inout [UInt8]) {
        for (name, family) in families.sorted(by: { $0.key < $1.key }) {
            if !family.help.isEmpty {
                buffer.append(contentsOf: "# HELP \(name) \(Self.escapedHelp(family.help))\n".utf8)
            }
            buffer.append(contentsOf: "# TYPE \(name) \(family.type.rawValue)\n".utf8)
            buffer.append(contentsOf: family.samples)
        }
    }

    private mutating func number(
        _ name: String, _ type: MetricType, help: String, labels: [(String, String)], _ value: Double
    ) {
        guard let labels = checked(labels, type) else { return }
        write(value, name, type, help: help, labels)
    }

    private mutating func checked(_ labels: [(String, String)], _ type: MetricType) -> LabelSet? {
        do throws(MetricsError) {
            return try LabelSet(labels, of: type)
        } catch {
            reject()
            return nil
        }
    }

    private mutating func append(
        _ name: String, _ type: MetricType, help: String, _ labels: LabelSet, _ write: (inout [UInt8]) -> Void
    ) {
        if families[name] == nil {
            do throws(MetricsError) {
                try MetricName.check(name)
            } catch {
                return reject()
            }
            guard names.claim(name, type) else { return reject() }
        }
        // Taken out while it is changed, so that its arrays are not copied.
        var family = families.removeValue(forKey: name) ?? Family(type: type, help: help)
        defer { families[name] = family }
        guard family.type == type, family.labelSets.count < labelSetLimit, family.labelSets.insert(labels).inserted
        else { return reject() }
        if family.help.isEmpty { family.help = help }
        write(&family.samples)
    }

    private static func sample(_ name: String, _ labels: String, _ value: Double, to samples: inout [UInt8]) {
        samples.append(contentsOf: name.utf8)
        if !labels.isEmpty { samples.append(contentsOf: "{\(labels)}".utf8) }
        samples.append(contentsOf: " \(text(of: value))\n".utf8)
    }

    /// As Go's `ParseFloat` reads it; whole numbers without a fraction.
    private static func text(of value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        if let whole = Int64(exactly: value), abs(value) < 0x1p53 { return String(whole) }
        return String(value)
    }

    /// `\` and line feed are escaped, as the text format asks for help texts.
    private static func escapedHelp(_ help: String) -> String {
        var result = ""
        for scalar in help.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
