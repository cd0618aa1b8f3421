import AdminClient
import AnteroomServer
import ArgumentParser
import WaitingRoom

extension Rooms {
    struct Resume: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let people in again after `pause` or `maintenance`.",
            discussion: """
                Clears the status that an operator has set. Where the file itself says paused or maintenance, active is set \
                in its place.
                """)

        @OptionGroup var target: RoomArgument
        @OptionGroup var options: AdminOptions

        func run() async throws {
            try await options.talk { client, console in
                let before = try await client.ask(.show(target.room), for: RoomReport.self)
                guard let change = before.value.resumption else {
                    return try console.print(options.json ? before.text : before.value.statusSentence)
                }
                try await options.set(change, in: target.room, client, console)
            }
        }
    }
}

extension AdminOptions {
    /// Sets a room's status and says what that means.
    func set(_ status: RoomStatus, in room: RoomID) async throws {
        try await talk { client, console in try await set(.set(status), in: room, client, console) }
    }

    fileprivate func set(
        _ status: OverrideChanges.Change<RoomStatus>, in room: RoomID, _ client: AdminClient, _ console: Console
    ) async throws {
        let answer = try await client.ask(.override(room, OverrideChanges(status: status)), for: RoomReport.self)
        try console.print(json ? answer.text : answer.value.statusSentence)
    }
}
