import AdminClient
import AnteroomServer
import ArgumentParser
import Foundation
import RoomConfiguration

/// Which gate a command talks to, with which key, and how it prints.
struct AdminOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("The gate's admin listener, such as http://127.0.0.1:9090.", valueName: "url"),
        transform: { text in
            guard let address = AdminAddress(text) else {
                throw ValidationError("write an address such as http://127.0.0.1:9090")
            }
            return address
        })
    var admin: AdminAddress?

    @Option(
        help: ArgumentHelp(
            "The gate's configuration file, for what is not given; config/anteroom.yml if it is there.",
            valueName: "file"),
        completion: .configurationFile)
    var config: String?

    @Option(
        help: ArgumentHelp(
            "A file with an operator's key, alone or as a line of admin.keys_file. A key is never an argument.",
            valueName: "file"),
        completion: .file())
    var keyFile: String?

    @Flag(help: "JSON, as the gate answers it, for programs.")
    var json = false

    /// Gives `body` a client for the gate and the terminal.
    func talk(_ body: (AdminClient, Console) async throws -> Void) async throws {
        do {
            let (address, key) = try target(ProcessInfo.processInfo.environment)
            let console = Console.standard
            try await AdminClient.open(address, with: key) { try await body($0, console) }
        } catch let refusal as AdminRefusal {
            throw Refusal("\(refusal)")
        } catch is Console.Closed {
            // Whoever read the output has had enough of it.
        }
    }

    /// The gate's own text with --json, else `lines` of the answer for a person.
    func print<Answer>(
        _ answer: AdminClient.Answered<Answer>, to console: Console, _ lines: (Answer) throws -> [String]
    ) throws {
        if json { try console.print(answer.text) } else { try console.print(lines(answer.value)) }
    }

    private func target(_ environment: [String: String]) throws -> (AdminAddress, AdminCredential) {
        let key = try keyFile.map { try AdminCredential(file: $0) } ?? AdminCredential(environment: environment)
        if let admin, let key { return (admin, key) }
        guard let outline = try outline() else {
            guard let key else {
                throw Refusal(
                    "no key: name a file with an operator's key by --key-file, set ANTEROOM_ADMIN_KEY, or name the "
                        + "gate's configuration by --config")
            }
            return (admin ?? AdminAddress(AdminConfiguration().listen), key)
        }
        return (admin ?? AdminAddress(outline.admin.listen), try key ?? configuredKey(outline.admin.keysFile))
    }

    private func configuredKey(_ path: String) throws -> AdminCredential {
        do throws(AdminRefusal) {
            return try AdminCredential(file: path)
        } catch {
            guard !path.hasPrefix("/") else { throw error }
            throw Refusal("\(error). A relative admin.keys_file counts from the gate's working directory")
        }
    }

    /// Nil if no file is named and none is at the usual place.
    private func outline() throws -> ConfigurationOutline? {
        guard let path = config ?? Self.usualFile else { return nil }
        do throws(ConfigurationMistakes) {
            return try ConfigurationOutline(path: path)
        } catch {
            throw Refusal("\(error)\nWithout this file give --admin and --key-file (or ANTEROOM_ADMIN_KEY).")
        }
    }

    /// Nil if it is not there.
    private static var usualFile: String? {
        let path = "config/anteroom.yml"
        return FileManager.default.fileExists(atPath: path) ? path : nil
    }
}
