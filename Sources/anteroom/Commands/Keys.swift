import AnteroomServer
import ArgumentParser
import Foundation
import RoomConfiguration
import WaitingRoom

struct Keys: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "The keys that sign visitors' tokens.", subcommands: [Rotate.self, List.self])

    struct Rotate: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a new signing key; the old one goes on verifying until its tokens have ended.",
            discussion: "Send SIGHUP to running gates so that they sign with the new key at once.")

        @OptionGroup var file: ConfigurationFile

        @Option(help: "How long the old key verifies at least, such as 48h: as long as passes that it signed are good.")
        var keep: String?

        func run() throws {
            let (configuration, _) = try file.load(ProcessInfo.processInfo.environment)
            do {
                let span = keep.map { Milliseconds(durationText: $0) } ?? Milliseconds(0)
                guard let span else {
                    throw Refusal("--keep \(keep ?? "") is not a duration; write one such as 48h")
                }
                print(try KeyCommands.rotate(configuration.tokens, keepingOldFor: span))
            } catch {
                throw Refusal("\(error)")
            }
        }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the keys and what each is good for.")

        @OptionGroup var file: ConfigurationFile

        func run() throws {
            let (configuration, _) = try file.load(ProcessInfo.processInfo.environment)
            do {
                for line in try KeyCommands.list(configuration.tokens) { print(line) }
            } catch {
                throw Refusal("\(error)")
            }
        }
    }
}
