/// What reading one file has found wrong so far, and how much of it has been looked at.
final class Reading {
    /// More values than this can only come from aliases that unfold ("billion laughs").
    static let valueLimit = 100_000

    let file: String
    private(set) var problems: [ConfigurationProblem] = []
    /// The paths of the problems and of all sections and lists around them.
    private var wrongPaths: Set<String> = []
    private var values = 0

    init(file: String) {
        self.file = file
    }

    func refuse(_ mistake: Mistake, at position: Position, path: String) {
        wrongPaths.insert(path)
        for index in path.indices where path[index] == "." || path[index] == "[" {
            wrongPaths.insert(String(path[..<index]))
        }
        let place = ConfigurationProblem.Place.position(file: file, line: position.line, column: position.column)
        problems.append(
            ConfigurationProblem(place: place, keyPath: path, wrong: mistake.wrong, remedy: mistake.remedy))
    }

    /// Refuses a file, found from the working directory, that the value at `path` or its default names.
    func refuse(_ mistake: Mistake, ofFile file: String, path: String) {
        wrongPaths.insert(path)
        problems.append(
            ConfigurationProblem(place: .file(file), keyPath: path, wrong: mistake.wrong, remedy: mistake.remedy))
    }

    /// Refuses a line of a file that the value at `path` names.
    func refuse(_ mistake: Mistake, inLine line: Int, of file: String, path: String) {
        wrongPaths.insert(path)
        problems.append(
            ConfigurationProblem(
                place: .position(file: file, line: line, column: 1), keyPath: path, wrong: mistake.wrong,
                remedy: mistake.remedy))
    }

    /// Whether something was wrong with the value at `path` or in it: then rules about its value say nothing.
    func isWrong(_ path: String) -> Bool { wrongPaths.contains(path) }

    /// Counts one more value. False once there are too many; says so the first time.
    func admitsValue(at position: Position, path: String) -> Bool {
        values += 1
        if values == Self.valueLimit + 1 {
            let wrong = "aliases unfold to more than \(Self.valueLimit) values"
            refuse(Mistake(wrong, "write the values out"), at: position, path: path)
        }
        return values <= Self.valueLimit
    }
}

/// A place in a file; both count from 1, columns in Unicode scalars.
struct Position: Hashable, Sendable {
    var line: Int
    var column: Int

    static let start = Position(line: 1, column: 1)

    /// The next column of the line.
    var next: Position { Position(line: line, column: column + 1) }
}
