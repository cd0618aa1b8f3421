import AdminClient
import ArgumentParser
import WaitingRoom

extension Rooms {
    struct Position: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Look up, move or remove one place in line.",
            subcommands: [Show.self, Move.self, Remove.self])

        struct Show: AsyncParsableCommand {
            static let configuration = CommandConfiguration(
                abstract: "All that is known of a position and its session.")

            @OptionGroup var place: PositionArguments
            @OptionGroup var options: AdminOptions

            func run() async throws {
                try await options.talk { client, console in
                    let answer = try await client.ask(.show(place.position, in: place.room), for: PositionReport.self)
                    try options.print(answer, to: console) { $0.sheet.lines(width: console.width, console.paint) }
                }
            }
        }

        struct Move: AsyncParsableCommand {
            static let configuration = CommandConfiguration(
                abstract: "Put somebody who waits at the front, or among those of another priority.")

            @OptionGroup var place: PositionArguments

            @Flag(help: "Before all others of the same priority.")
            var front = false

            @Option(help: "From 0 (normal) to 1000; higher goes first.")
            var priority: Int?

            @OptionGroup var options: AdminOptions

            func validate() throws {
                guard front != (priority != nil) else {
                    throw ValidationError("Give --front or --priority, one of them.")
                }
            }

            func run() async throws {
                try await options.talk { client, console in
                    let call: AdminCall =
                        if let priority {
                            .move(place.position, toPriority: priority, in: place.room)
                        } else {
                            .moveToFront(place.position, in: place.room)
                        }
                    let answer = try await client.ask(call, for: PositionReport.self)
                    try options.print(answer, to: console) { $0.sheet.lines(width: console.width, console.paint) }
                }
            }
        }

        struct Remove: AsyncParsableCommand {
            static let configuration = CommandConfiguration(
                abstract: "End a position that waits or was admitted; its slot is freed.")

            @OptionGroup var place: PositionArguments
            @OptionGroup var options: AdminOptions

            func run() async throws {
                try await options.talk { client, console in
                    try await client.tell(.remove(place.position, from: place.room))
                    let ending = Ending(room: place.room, kind: .position, id: "\(place.position)")
                    try console.print(options.json ? ending.json : ending.sentence)
                }
            }
        }
    }

    struct EndSession: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "end-session", abstract: "End one session: its slot is freed, its cookie refused from then on."
        )

        @OptionGroup var target: RoomArgument

        @Argument(
            help: "The session's id, as `position show`, the access log or the origin has it.",
            transform: { text in
                guard let session = SessionID(text) else { throw ValidationError("a session's id is a UUID") }
                return session
            })
        var session: SessionID

        @OptionGroup var options: AdminOptions

        func run() async throws {
            try await options.talk { client, console in
                try await client.tell(.end(session, in: target.room))
                let ending = Ending(room: target.room, kind: .session, id: "\(session)")
                try console.print(options.json ? ending.json : ending.sentence)
            }
        }
    }
}

/// A place in a room.
struct PositionArguments: ParsableArguments {
    @OptionGroup var target: RoomArgument

    @Argument(
        help: "The position's id, as position_id and the access log have it.",
        transform: { text in
            guard let position = PositionID(text) else { throw ValidationError("a position's id is a UUID") }
            return position
        })
    var position: PositionID

    var room: RoomID { target.room }
}
