import AnteroomServer
import ArgumentParser
import Foundation
import RoomConfiguration
import WaitingRoom

struct Token: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Passes for visitors, and what a token says.", subcommands: [Pass.self, Inspect.self])

    struct Pass: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Sign a pass: who has it joins the room with a priority, or at all where it is invite-only.",
            discussion: "Prints the pass, or the link, to standard output, and what it is good for to standard error.")

        @OptionGroup var file: ConfigurationFile

        @Option(help: "The room that it is for.", completion: .room)
        var room: String

        @Option(help: "From 0 (normal) to 1000; higher goes first.")
        var priority = 1

        @Option(help: "How many places in line it is good for.")
        var uses = 1

        @Option(help: "How long it is good for, such as 30m, 2h or 90s.")
        var expires = "24h"

        @Option(help: "A page of the site: print a link to it that carries the pass.")
        var link: String?

        @Option(help: "How many such passes, each printed on a line of its own.")
        var count = 1

        func validate() throws {
            guard (1...100_000).contains(count) else { throw ValidationError("--count is from 1 to 100000") }
        }

        func run() throws {
            let (configuration, _) = try file.load(ProcessInfo.processInfo.environment)
            do {
                guard let life = Milliseconds(durationText: expires), life > Milliseconds(0) else {
                    throw Refusal("--expires \(expires) is not a duration; write one such as 30m, 2h or 90s")
                }
                for _ in 0..<count {
                    let pass = try TokenCommands.makePass(
                        configuration, room: room, priority: priority, uses: uses, life: life, link: link)
                    print(pass.text)
                    FileHandle.standardError.write(Data("\(pass.description)\n".utf8))
                }
            } catch {
                throw Refusal("\(error)")
            }
        }
    }

    struct Inspect: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say what a token is and whether this gate's keys have signed it.")

        @OptionGroup var file: ConfigurationFile

        @Argument(help: "A position, session or pass token.")
        var token: String

        func run() throws {
            let (configuration, _) = try file.load(ProcessInfo.processInfo.environment)
            do {
                for line in try TokenCommands.inspect(configuration, token: token) { print(line) }
            } catch {
                throw Refusal("\(error)")
            }
        }
    }
}
