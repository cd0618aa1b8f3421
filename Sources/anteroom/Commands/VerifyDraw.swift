import AnteroomServer
import ArgumentParser
import EdgeProxy
import Foundation
import RoomConfiguration

struct VerifyDraw: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify-draw", abstract: "Recompute the draws at openings from the rooms' events.",
        discussion: """
            Reads the events from NATS (events.nats_url), from a journal's folder, or from a file of CloudEvents, one a \
            line. Exit code 1 if a seed, a list or an order differs, or if there is no draw to check.
            """)

    @OptionGroup var file: ConfigurationFile

    @Option(help: "Read this file of CloudEvents; no configuration is needed.")
    var events: String?

    @Option(help: "Read the journal in this folder; no configuration is needed.")
    var journal: String?

    @Option(help: "Only this room.", completion: .room)
    var room: String?

    @Option(help: "The commitment that was shown before the opening: a draw must have it.")
    var commitment: String?

    @Flag(help: "Print each position's place, id and join sequence.")
    var order = false

    @Option(help: "Write what anybody needs to check the draws to this file, without personal data.")
    var publish: String?

    func validate() throws {
        if events != nil, journal != nil { throw ValidationError("Give --events or --journal, not both.") }
    }

    func run() async throws {
        let checked: DrawCommand
        do {
            checked = try await DrawCommand.run(
                try source(), room: room, commitment: commitment, listsOrder: order, publication: publish)
        } catch {
            throw Refusal("\(error)")
        }
        for line in checked.lines { print(line) }
        if !checked.isSound { throw ExitCode(1) }
    }

    private func source() throws -> DrawCommand.Source {
        if let events { return .events(events) }
        if let journal { return .journal(journal) }
        return .stream(try file.load(ProcessInfo.processInfo.environment).0)
    }
}
