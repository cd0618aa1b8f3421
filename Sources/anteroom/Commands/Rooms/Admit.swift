import AdminClient
import ArgumentParser

extension Rooms {
    struct Admit: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let so many in now, from the front of the line.",
            discussion: "Beyond the rate, and while the room is paused too; never beyond its free slots.")

        @OptionGroup var target: RoomArgument

        @Argument(help: "How many.")
        var count: Int

        @OptionGroup var options: AdminOptions

        func validate() throws {
            guard (1...1_000_000).contains(count) else { throw ValidationError("from 1 to 1000000 can be let in") }
        }

        func run() async throws {
            try await options.talk { client, console in
                let report = try await client.admit(count, to: target.room)
                try console.print(options.json ? report.json : report.sentence(asked: count, in: target.room))
            }
        }
    }
}
