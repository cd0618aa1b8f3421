import AnteroomServer
import ArgumentParser
import Foundation
import RoomConfiguration
import Simulation
import WaitingRoom

struct Simulate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Try a room's limits on a crowd that exists only on paper.",
        discussion: """
            Runs the room of the configuration file, as a gate would, in virtual time, and shows waits, the line, slots and \
            who gave up. Nothing is started and nothing changed. docs/SIMULATION.md has examples.
            """)

    @OptionGroup var file: ConfigurationFile

    @Option(help: "The room; needed where the file has several.")
    var room: String?

    @OptionGroup(title: "Arrivals") var arrivals: ArrivalOptions
    @OptionGroup(title: "Visitors") var visitors: VisitorOptions
    @OptionGroup(title: "Limits in place of the file's") var limits: LimitOptions

    @Option(help: "Equal seeds give equal results.")
    var seed: UInt64 = 1

    @Option(help: "When the curve begins, such as 2026-11-27T19:00:00Z: for rooms with a schedule.")
    var start: String?

    @Flag(help: "One JSON object, for programs.")
    var json = false

    @Option(help: "Write a picture to this file: .svg, or .png by way of rsvg-convert.", completion: .file())
    var picture: String?

    func run() throws {
        let (configuration, _) = try file.load(ProcessInfo.processInfo.environment)
        var schedule = try schedule(in: configuration)
        try limits.apply(to: &schedule)
        var simulation = Simulation(
            schedule, arrivals: try arrivals.curve(),
            behaviour: try visitors.behaviour(in: schedule.base), start: try moment())
        simulation.seed = seed
        let result = simulation.run()
        if let picture { try SimulationPicture(result).write(to: picture) }
        if json {
            let encoder = JSONEncoder()
            encoder.keyEncodingStrategy = .convertToSnakeCase
            encoder.outputFormatting = [.sortedKeys]
            print(String(decoding: try encoder.encode(SimulationReport(result, seed: seed)), as: UTF8.self))
        } else {
            for line in result.table { print(line) }
        }
    }

    private func schedule(in configuration: Configuration) throws -> RoomSchedule {
        let names = configuration.rooms.map { $0.settings.id.text }
        guard let room else {
            guard configuration.rooms.count == 1, let only = configuration.rooms.first else {
                throw Refusal(
                    "\(file.config) has \(names.count) rooms; write --room \(names.joined(separator: " or "))")
            }
            return only.schedule
        }
        guard let rule = configuration.rooms.first(where: { $0.settings.id.text == room }) else {
            throw Refusal("\(file.config) has no room \(room); its rooms are \(names.joined(separator: ", "))")
        }
        return rule.schedule
    }

    private func moment() throws -> Timestamp? {
        guard let start else { return nil }
        guard let moment = Timestamp(withOffset: start) else {
            throw Refusal("--start \(start) is not a time; write one such as 2026-11-27T19:00:00Z")
        }
        return moment
    }
}
