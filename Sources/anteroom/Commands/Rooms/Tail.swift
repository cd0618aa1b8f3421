import AdminClient
import AnteroomServer
import ArgumentParser
import WaitingRoom

extension Rooms {
    struct Tail: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "What happens from now on, a line for each event; Ctrl-C ends it.",
            discussion: "With --json each line is the CloudEvent itself (docs/NATS_EVENTS.md).")

        @Option(help: "Only this room.", completion: .room, transform: RoomArgument.room)
        var room: RoomID?

        @Option(help: "Only events of this kind, such as position.admitted.")
        var kind: String?

        @OptionGroup var options: AdminOptions

        func validate() throws {
            let isKind = kind?.utf8.allSatisfy { byte in
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || "._".utf8.contains(byte)
            }
            guard isKind != false else { throw ValidationError("--kind is a word such as position.admitted") }
        }

        func run() async throws {
            try await options.talk { client, console in
                let isJSON = options.json
                try await client.follow(.events(of: room, kind: kind)) { event in
                    let line = isJSON ? nil : EventLine(event.data)?.text(width: console.width, console.paint)
                    try console.print(line ?? event.data.printable)
                }
                throw Refusal("the gate ended the tail; begin another one. What happens in between is not shown")
            }
        }
    }
}
