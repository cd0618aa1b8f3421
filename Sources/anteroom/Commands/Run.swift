import AnteroomServer
import ArgumentParser
import Foundation
import Logging
import RoomConfiguration

struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the gate in front of its origins.",
        discussion: """
            SIGHUP or saving the file applies a changed configuration. SIGTERM and SIGINT drain and stop. \
            SIGUSR2 has a new process of the binary on disk go on.
            """)

    @OptionGroup var file: ConfigurationFile

    func run() async throws {
        let environment = ProcessInfo.processInfo.environment
        let (configuration, loader) = try file.load(environment)
        let level = ProcessLog.bootstrap(configuration, version: Version.number)
        let server = AnteroomServer(
            version: Version.number, configurationPath: file.config, environment: environment,
            configuration: configuration, loader: loader, logger: Logger(label: "anteroom"), logLevel: level)
        do {
            try await server.run()
        } catch {
            throw Refusal("\(error)")
        }
    }
}
