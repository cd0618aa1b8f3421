/// One mistake in the configuration: where it is, what is wrong, and what would be right.
package struct ConfigurationProblem: Hashable, Sendable, CustomStringConvertible {
    package enum Place: Hashable, Sendable {
        /// The file as a whole: it cannot be read.
        case file(String)
        /// A line and a column (in Unicode scalars), both from 1.
        case position(file: String, line: Int, column: Int)
        /// An environment variable, named by the key path.
        case environment
    }

    package var place: Place
    /// Such as `rooms[0].queue_rate`, or the variable's name; empty where no one key is meant.
    package var keyPath: String
    package var wrong: String
    package var remedy: String

    /// What is wrong and what would be right, in one line.
    package var message: String { "\(wrong); \(remedy)" }

    /// From 1; nil where no line is meant.
    package var line: Int? {
        guard case .position(_, let line, _) = place else { return nil }
        return line
    }

    /// One line: `config/anteroom.yml:14:5: rooms[0].queue_rate: "10 per s" is not a rate; write …`.
    package var description: String {
        let start =
            switch place {
            case .file(let file): file
            case .position(let file, let line, let column): "\(file):\(line):\(column)"
            case .environment: "environment"
            }
        return keyPath.isEmpty ? "\(start): \(message)" : "\(start): \(keyPath): \(message)"
    }
}

/// All that is wrong with a configuration, in the order of the file; never empty.
package struct ConfigurationMistakes: Error, Hashable, Sendable, CustomStringConvertible {
    package let problems: [ConfigurationProblem]

    /// One line per problem.
    package var description: String { problems.map(\.description).joined(separator: "\n") }
}
