import AdminClient
import ArgumentParser

extension Rooms {
    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "All that is known of one room.")

        @OptionGroup var target: RoomArgument
        @OptionGroup var options: AdminOptions

        func run() async throws {
            try await options.talk { client, console in
                let answer = try await client.ask(.show(target.room), for: RoomReport.self)
                try options.print(answer, to: console) { $0.sheet.lines(width: console.width, console.paint) }
            }
        }
    }
}
