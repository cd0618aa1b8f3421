package import WaitingRoom

/// How the configuration's files fare.
package struct ConfigurationStanding: Hashable, Sendable {
    package var file: String
    /// When what is in force was read.
    package var loadedAt: Timestamp
    /// Why the files are not in force as they stand, one line each.
    package var problems: [String]

    package init(file: String, loadedAt: Timestamp, problems: [String] = []) {
        self.file = file
        self.loadedAt = loadedAt
        self.problems = problems
    }
}
