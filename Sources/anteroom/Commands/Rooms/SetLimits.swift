import AdminClient
import ArgumentParser
import WaitingRoom

extension Rooms {
    struct SetLimits: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "set",
            abstract: "Set a room's rate, slots or status in place of what the file says, or clear that.",
            discussion:
                "The word `file` as a value clears one of them; --clear clears all that are not given beside it.")

        @OptionGroup var target: RoomArgument

        @Option(help: "How many are let in, such as 10/s, 500/min or 3000/h.")
        var rate: Override<String>?

        @Option(help: "How many are in at once.")
        var slots: Override<Int>?

        @Option(help: "active, paused or maintenance.")
        var status: Override<RoomStatus>?

        @Flag(help: "What the file says holds again.")
        var clear = false

        @OptionGroup var options: AdminOptions

        private var changes: OverrideChanges {
            OverrideChanges(status: status?.change, rate: rate?.change, slots: slots?.change)
        }

        func validate() throws {
            guard clear || !changes.isEmpty else { throw ValidationError("Give --rate, --slots, --status or --clear.") }
        }

        func run() async throws {
            try await options.talk { client, console in
                let call: AdminCall =
                    if changes.isEmpty {
                        .clearOverrides(of: target.room)
                    } else {
                        .override(target.room, clear ? changes.clearingTheRest : changes)
                    }
                let answer = try await client.ask(call, for: RoomReport.self)
                try console.print(options.json ? answer.text : answer.value.limitsSentence)
            }
        }
    }
}

/// A value to set, or the word `file`, which clears what was set.
struct Override<Value: Hashable & Sendable>: Sendable {
    let change: OverrideChanges.Change<Value>
}

extension Override: ExpressibleByArgument where Value: OverrideValue {
    init?(argument: String) {
        if argument == "file" {
            change = .clear
        } else if let value = Value(override: argument) {
            change = .set(value)
        } else {
            return nil
        }
    }

    static var allValueStrings: [String] { Value.choices.isEmpty ? [] : Value.choices + ["file"] }
    static var defaultCompletionKind: CompletionKind { .list(Value.choices + ["file"]) }
}

/// What can be set in place of what the file says.
protocol OverrideValue: Hashable, Sendable {
    init?(override: String)
    /// All values there are, where they are few.
    static var choices: [String] { get }
}

extension String: OverrideValue {
    init?(override: String) { self = override }
    static var choices: [String] { [] }
}

extension Int: OverrideValue {
    init?(override: String) { self.init(override) }
    static var choices: [String] { [] }
}

extension RoomStatus: OverrideValue {
    init?(override: String) { self.init(rawValue: override) }
    static var choices: [String] { allCases.map(\.rawValue) }
}
