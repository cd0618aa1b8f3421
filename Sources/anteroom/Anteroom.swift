import AnteroomServer
import ArgumentParser
import Foundation

/// The command line; README.md.
@main
struct Anteroom: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "anteroom", abstract: "A virtual waiting room in front of any web site.",
        version: "anteroom \(Version.number)",
        subcommands: [
            Run.self, Check.self, Rooms.self, Keys.self, Token.self, History.self, Explain.self, VerifyDraw.self,
            Rebuild.self, Simulate.self, Version.self,
        ])

    /// Exit codes: 0 ok, 1 refused input, 2 usage.
    static func main() async {
        do {
            var command = try parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch let refusal as Refusal {
            FileHandle.standardError.write(Data("anteroom: \(refusal)\n".utf8))
            Foundation.exit(1)
        } catch {
            let code = exitCode(for: error)
            if code.isSuccess { exit(withError: error) }
            FileHandle.standardError.write(Data((fullMessage(for: error) + "\n").utf8))
            Foundation.exit(code == .validationFailure ? 2 : code.rawValue)
        }
    }
}
