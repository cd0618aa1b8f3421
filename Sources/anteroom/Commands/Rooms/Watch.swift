import AdminClient
import ArgumentParser

extension Rooms {
    struct Watch: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "The list, again and again, in place; Ctrl-C ends it.",
            discussion: "Where the output is no terminal, the lists follow each other; with --json one line each.")

        @Option(help: "Seconds from one look to the next.")
        var every = 2

        @OptionGroup var options: AdminOptions

        func validate() throws {
            guard (1...3600).contains(every) else { throw ValidationError("--every is from 1 to 3600 seconds") }
        }

        func run() async throws {
            try await options.talk { client, console in
                var board = RoomBoard(every: every)
                var height = 0
                while true {
                    var text: String?
                    do throws(AdminRefusal) {
                        let answer = try await client.ask(.rooms, for: RoomList.self)
                        board.show(answer.value.rooms)
                        text = answer.text
                    } catch {
                        // A gate that restarts is back soon; one that was never there is not.
                        guard error.code == .unreachable, board.hasRooms else { throw error }
                        board.miss("\(error)")
                    }
                    if !options.json {
                        let lines = board.lines(width: console.width, height: console.height, console.paint)
                        try console.replace(last: height, with: lines)
                        height = lines.count
                    } else if let text {
                        try console.print(text)
                    }
                    try await Task.sleep(for: .seconds(every))
                }
            }
        }
    }
}
