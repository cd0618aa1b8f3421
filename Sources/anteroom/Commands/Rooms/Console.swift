import AdminClient
import Foundation

/// The terminal, or what stands in its place: output to standard output, progress and questions to standard error.
struct Console: Sendable {
    /// Nobody reads the output any more.
    struct Closed: Error {}

    /// Whether the output is a terminal; only then it is coloured, cut to its width, and written over.
    let isTerminal: Bool
    let paint: Paint

    static var standard: Console {
        let isTerminal = isatty(STDOUT_FILENO) == 1
        let environment = ProcessInfo.processInfo.environment
        // https://no-color.org
        let isPlain = environment["NO_COLOR"].map { !$0.isEmpty } ?? false || environment["TERM"] == "dumb"
        return Console(isTerminal: isTerminal, paint: Paint(isOn: isTerminal && !isPlain))
    }

    /// Of the terminal as it is now, at least 20; nil if it is none.
    var width: Int? { size.map { max(20, $0.columns) } }

    /// Of the terminal as it is now; nil if it is none.
    var height: Int? { size?.rows }

    private var size: (columns: Int, rows: Int)? { isTerminal ? Self.size(of: STDOUT_FILENO) : nil }

    private static func size(of descriptor: Int32) -> (columns: Int, rows: Int) {
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else { return (80, 24) }
        return (Int(size.ws_col), Int(size.ws_row))
    }

    func print(_ lines: [String]) throws {
        try write(lines.map { $0 + "\n" }.joined(), to: .standardOutput)
    }

    func print(_ line: String) throws { try print([line]) }

    /// Puts these lines where the last `count` lines stand, or below them where the output is no terminal.
    func replace(last count: Int, with lines: [String]) throws {
        // Up, and erase to the end (ECMA-48 §8.3.22, §8.3.39).
        let start = count > 0 && isTerminal ? "\u{1b}[\(count)A\r\u{1b}[J" : ""
        try write(start + lines.map { $0 + "\n" }.joined(), to: .standardOutput)
    }

    private func write(_ text: String, to file: FileHandle) throws {
        do {
            try file.write(contentsOf: Data(text.utf8))
        } catch {
            throw Closed()
        }
    }
}

// What goes beside the output.
extension Console {
    /// A line for a person.
    func note(_ line: String) throws { try write(line + "\n", to: .standardError) }

    /// Shows how far a work has come: in place on a terminal, else in a line now and then.
    func show(_ progress: ProgressLine, after last: ProgressLine?) throws {
        if isatty(STDERR_FILENO) == 1 {
            let bar = progress.bar(width: max(20, Self.size(of: STDERR_FILENO).columns - 1))
            try write("\r\u{1b}[K\(bar)\(progress.remaining == 0 ? "\n" : "")", to: .standardError)
        } else if progress.isWorthALine(after: last) {
            try note(progress.plain)
        }
    }

    /// Whether there is somebody to ask.
    static var canAsk: Bool { isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1 }

    /// Whether a person says yes.
    func asks(_ question: String) throws -> Bool {
        try write("\(question) [y/N] ", to: .standardError)
        return ["y", "yes"].contains(readLine()?.lowercased() ?? "")
    }
}
