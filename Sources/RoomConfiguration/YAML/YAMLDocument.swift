internal import Yams

/// The text of a configuration file, composed to nodes.
enum YAMLDocument {
    /// The root of the one document in `bytes`; nil if there is nothing in it, or after refusing it.
    static func root(of bytes: [UInt8], for reading: Reading) -> Node? {
        guard let text = decode(bytes, for: reading) else { return nil }
        do throws(MisplacedMistake) {
            try YAMLText.validate(text)
            return try compose(text)
        } catch {
            reading.refuse(error.mistake, at: error.position, path: error.key)
            return nil
        }
    }

    private static func decode(_ bytes: [UInt8], for reading: Reading) -> String? {
        let mark: [UInt8] = [0xef, 0xbb, 0xbf]
        let content = bytes.starts(with: mark) ? bytes[3...] : bytes[...]
        if let text = String(validating: content, as: UTF8.self) { return text }
        var position = Position.start
        var decoder = UTF8()
        var iterator = content.makeIterator()
        while case .scalarValue(let scalar) = decoder.decode(&iterator) {
            position = scalar == "\n" ? Position(line: position.line + 1, column: 1) : position.next
        }
        reading.refuse(Mistake("the file is not UTF-8 here", "save it as UTF-8"), at: position, path: "")
        return nil
    }

    private static func compose(_ text: String) throws(MisplacedMistake) -> Node? {
        do {
            // Without rules every scalar stays text: what it means is for its key to say.
            return try Parser(yaml: text, resolver: .basic, encoding: .utf8).singleRoot()
        } catch let error as YamlError {
            throw MisplacedMistake(error, in: text)
        } catch {
            throw MisplacedMistake(Mistake("not valid YAML: \(error)", "correct it"), at: .start)
        }
    }
}

/// A mistake and its place, found before there are keys.
struct MisplacedMistake: Error {
    let mistake: Mistake
    let position: Position
    /// The key, where one is known.
    let key: String

    init(_ mistake: Mistake, at position: Position, key: String = "") {
        self.mistake = mistake
        self.position = position
        self.key = key
    }

    init(_ error: YamlError, in text: String) {
        switch error {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _):
            if let tab = YAMLText.indentingTab(onLine: mark.line, of: text) {
                self.init(Mistake("a tab indents this line", "indent with spaces"), at: tab)
                return
            }
            // Where an open quote or an alias begins says more than where the parser gave up.
            let began = YAMLText.isExplainedByItsBeginning(problem, context: context?.text) ? context?.mark : nil
            self.init(YAMLText.mistake(problem, context: context?.text), at: Position(began ?? mark))
        case .composer(let context, let problem, let mark, _):
            self.init(YAMLText.mistake(problem, context: context?.text), at: Position(mark))
        case .duplicatedKeysInMapping(let keys, let context):
            let key = keys.first ?? ""
            let first = Position(context.mark)
            let second = YAMLText.secondOccurrence(of: key, after: first, in: text)
            let times = second == nil ? "twice or more" : "a second time (first on line \(first.line))"
            self.init(
                Mistake("is written \(times) in one section", "keep one of them"), at: second ?? first,
                key: key.keyPathPart)
        case .reader(let problem, _, _, _):
            self.init(Mistake("not valid YAML: \(problem)", "remove that character"), at: .start)
        default:
            self.init(Mistake("not valid YAML: \(error)", "correct it"), at: .start)
        }
    }
}

extension Position {
    init(_ mark: Mark) {
        self.init(line: max(1, mark.line), column: max(1, mark.column))
    }
}
