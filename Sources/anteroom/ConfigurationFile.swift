import AnteroomServer
import ArgumentParser
import EdgeProxy
import Foundation
import RoomConfiguration
import VisitorAPI

/// `--config FILE`, and what it holds.
struct ConfigurationFile: ParsableArguments {
    @Option(help: "The configuration file.", completion: .configurationFile)
    var config = "config/anteroom.yml"

    /// Reads the file, or refuses it with one line for each mistake.
    func load(_ environment: [String: String]) throws -> (Configuration, ConfigurationLoader) {
        let loader = ConfigurationLoader(
            checkTemplate: { PageRenderer.problem(inTemplate: $0) }, pemChecks: .boringSSL)
        do throws(ConfigurationMistakes) {
            return (try loader.load(path: config, environment: environment), loader)
        } catch {
            throw Refusal("\(error)")
        }
    }
}
