import AdminClient
import ArgumentParser
import WaitingRoom

extension Rooms {
    struct Pause: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let nobody in; places are kept and sessions go on.")

        @OptionGroup var target: RoomArgument
        @OptionGroup var options: AdminOptions

        func run() async throws { try await options.set(.paused, in: target.room) }
    }

    struct Maintenance: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show everybody the maintenance page, sessions included; `resume` ends it.")

        @OptionGroup var target: RoomArgument
        @OptionGroup var options: AdminOptions

        func run() async throws { try await options.set(.maintenance, in: target.room) }
    }
}
