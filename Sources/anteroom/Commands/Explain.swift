import AnteroomServer
import ArgumentParser
import Foundation
import RoomConfiguration

struct Explain: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Tell from the record why a visitor waited, moved, was let in or removed.",
        discussion: """
            Reads the rooms' events where the configuration says they are: NATS (events.nats_url), or else the journal of \
            the embedded store. Running gates may go on. Exit code 1 if the record does not know the position.
            """)

    @Argument(help: "The position's id, as position_id in answers and events has it.")
    var position: String

    @OptionGroup var file: ConfigurationFile

    @Option(help: "A journal's folder, in place of the configuration.")
    var journal: String?

    @Option(help: "The address of a NATS server, in place of the configuration; needs --room.")
    var nats: String?

    @Option(help: "Only this room.", completion: .room)
    var room: String?

    @Flag(help: "One JSON object, for programs.")
    var json = false

    func run() async throws {
        let source: ExplainCommand.Source
        if let journal {
            source = .journal(journal)
        } else if let nats {
            guard let address = NATSAddress(nats) else {
                throw ValidationError("\(nats) is not an address of NATS; write nats://host:4222")
            }
            source = .stream(address)
        } else {
            source = .configured(try file.load(ProcessInfo.processInfo.environment).0)
        }
        do {
            for line in try await ExplainCommand.run(position, in: source, room: room, asJSON: json) { print(line) }
        } catch {
            throw Refusal("\(error)")
        }
    }
}
