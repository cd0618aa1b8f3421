import ArgumentParser
import WaitingRoom

/// The room that a command is about.
struct RoomArgument: ParsableArguments {
    @Argument(help: "The room's id.", completion: .room, transform: Self.room)
    var room: RoomID

    /// The id that a word of the command line is.
    @Sendable static func room(_ word: String) throws -> RoomID {
        guard let room = RoomID(word) else {
            throw ValidationError("a room's id has 1 to 63 lower-case letters, digits and hyphens")
        }
        return room
    }
}
