import ArgumentParser
import Foundation
import RoomConfiguration

struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Say what is wrong with a configuration file, if anything.")

    @OptionGroup var file: ConfigurationFile

    func run() throws {
        let (configuration, _) = try file.load(ProcessInfo.processInfo.environment)
        let rooms = configuration.rooms.count
        print("\(file.config): ok, \(rooms) \(rooms == 1 ? "room" : "rooms")")
    }
}
