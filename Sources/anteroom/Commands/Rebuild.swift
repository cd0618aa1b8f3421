import AnteroomServer
import ArgumentParser
import Foundation
import Logging

struct Rebuild: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Bring a shared store up to date from the rooms' events, where it has lost any.",
        discussion: "Gates do this by themselves. Running gates may go on: a room answers 503 while it is restored.")

    @OptionGroup var file: ConfigurationFile

    @Option(help: "Only this room.", completion: .room)
    var room: String?

    @Flag(help: "Rebuild although nothing is missing.")
    var force = false

    func run() async throws {
        let (configuration, _) = try file.load(ProcessInfo.processInfo.environment)
        LoggingSystem.bootstrap { StreamLogHandler.standardError(label: $0) }
        do {
            let lines = try await RebuildCommand.run(
                configuration, room: room, isForced: force, logger: Logger(label: "anteroom"))
            for line in lines { print(line) }
        } catch {
            throw Refusal("\(error)")
        }
    }
}
