import AdminClient
import ArgumentParser

extension Rooms {
    struct Audit: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Who did what, newest first: operators by their keys' names, and changes of the file.")

        @Option(help: "How many at most.")
        var limit = 100

        @OptionGroup var options: AdminOptions

        func validate() throws {
            guard (1...1000).contains(limit) else { throw ValidationError("--limit is from 1 to 1000") }
        }

        func run() async throws {
            try await options.talk { client, console in
                let answer = try await client.ask(.audit(limit: limit), for: AuditTrail.self)
                try options.print(answer, to: console) { $0.lines(width: console.width, console.paint) }
            }
        }
    }
}
