import AnteroomServer
import ArgumentParser
import Foundation

struct History: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check the rooms' events: order, slots, rate, nobody lost or admitted twice.",
        discussion: "Reads all events from NATS (events.nats_url). Exit code 1 if any invariant was violated.")

    @OptionGroup var file: ConfigurationFile

    @Option(help: "Only this room.")
    var room: String?

    @Option(help: "A file with a room and a position's id in each line: the events must know them all.")
    var acknowledged: String?

    func run() async throws {
        let (configuration, _) = try file.load(ProcessInfo.processInfo.environment)
        let checked: HistoryCommand
        do {
            checked = try await HistoryCommand.run(configuration, room: room, acknowledged: acknowledged)
        } catch {
            throw Refusal("\(error)")
        }
        for line in checked.lines { print(line) }
        if !checked.isSound { throw ExitCode(1) }
    }
}
