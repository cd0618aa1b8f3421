import AdminClient
import AnteroomServer
import ArgumentParser
import WaitingRoom

extension Rooms {
    struct Drain: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Empty a room: end who waits, who is through, or both.",
            discussion: """
                Who joins after it has begun is left alone, so pause the room first, or put it in maintenance. What was \
                ended stays so: nobody gets a place back. Interrupted, it may be run again.
                """)

        @OptionGroup var target: RoomArgument

        @Option(help: "line (who waits), sessions (who is through) or all.")
        var scope = DrainScope.line

        @Flag(name: .shortAndLong, help: "Do not ask.")
        var yes = false

        @OptionGroup var options: AdminOptions

        func validate() throws {
            guard yes || Console.canAsk else { throw ValidationError("There is nobody to ask here: add --yes.") }
        }

        func run() async throws {
            try await options.talk { client, console in
                if !yes { try await confirm(client, console) }
                var last: ProgressLine?
                let report = try await client.drain(scope, of: target.room) { progress in
                    // A terminal that is gone ends no drain that was begun.
                    try? console.show(progress, after: last)
                    last = progress
                }
                try console.print(options.json ? report.json : report.sentence(of: scope, in: target.room))
            }
        }

        private func confirm(_ client: AdminClient, _ console: Console) async throws {
            let room = try await client.ask(.show(target.room), for: RoomReport.self).value
            guard try console.asks(room.question(before: scope)) else { throw Refusal("nothing was ended") }
        }
    }
}

extension DrainScope: ExpressibleByArgument {}
