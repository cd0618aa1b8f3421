import AnteroomServer
import ArgumentParser
import Foundation

struct History: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check the rooms' events: order, slots, rate, nobody lost or admitted twice, nothing changed since.",
        discussion: """
            Reads all events from NATS (events.nats_url), or from a journal. Exit code 1 if any invariant was violated, or \
            the record is not what was written.
            """)

    @OptionGroup var file: ConfigurationFile

    @Option(help: "Only this room.", completion: .room)
    var room: String?

    @Option(help: "A file with a room and a position's id in each line: the events must know them all.")
    var acknowledged: String?

    @Option(help: "A file of published heads, as GET …/chain answers them: the chains must go through them.")
    var heads: String?

    @Option(help: "A journal's folder, in place of the configuration.")
    var journal: String?

    func run() async throws {
        let checked: HistoryCommand
        do {
            checked = try await check()
        } catch let refusal as Refusal {
            throw refusal
        } catch {
            throw Refusal("\(error)")
        }
        for line in checked.lines { print(line) }
        if !checked.isSound { throw ExitCode(1) }
    }

    private func check() async throws -> HistoryCommand {
        if let journal { return try HistoryCommand.run(journal: journal, room: room, heads: heads) }
        let (configuration, _) = try file.load(ProcessInfo.processInfo.environment)
        return try await HistoryCommand.run(
            configuration, room: room, acknowledged: acknowledged, heads: heads)
    }
}
