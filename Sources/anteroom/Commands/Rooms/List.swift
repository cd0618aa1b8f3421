import AdminClient
import ArgumentParser

extension Rooms {
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "All rooms, a line each.")

        @OptionGroup var options: AdminOptions

        func run() async throws {
            try await options.talk { client, console in
                let answer = try await client.ask(.rooms, for: RoomList.self)
                try options.print(answer, to: console) {
                    RoomTable($0.rooms).lines(width: console.width, console.paint)
                }
            }
        }
    }
}
