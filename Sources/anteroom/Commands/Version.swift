import ArgumentParser

struct Version: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Print the version.")

    /// The version of this source tree.
    static let number = "0.1.0"

    func run() { print("anteroom \(Self.number)") }
}
