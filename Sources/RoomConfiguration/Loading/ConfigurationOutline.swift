package import WaitingRoom

/// What somebody who talks to a gate needs of its configuration file: where it listens for operators, and the rooms'
/// ids. Mistakes elsewhere in the file do not matter: the gate goes on with the file as it was, and has to be reached.
package struct ConfigurationOutline: Hashable, Sendable {
    package let admin: AdminConfiguration
    package let rooms: [RoomID]

    /// - `path`: The YAML file; problems repeat it as it is.
    package init(path: String, files: FileAccess = .system) throws(ConfigurationMistakes) {
        let bytes: [UInt8]
        do throws(FileProblem) {
            bytes = try files.read(path, ConfigurationLoader.sizeLimit)
        } catch {
            throw ConfigurationMistakes(unreadable: path, error)
        }
        let reading = Reading(file: path)
        let root = YAMLDocument.root(of: bytes, for: reading).flatMap {
            Section(ConfigurationValue(node: $0, path: "", position: .start, reading: reading), as: .root)
        }
        if root == nil, !reading.problems.isEmpty { throw ConfigurationMistakes(problems: reading.problems) }
        admin = root?.section("admin", as: .admin).map(AdminConfiguration.init(reading:)) ?? AdminConfiguration()
        if let root, !root.areSound("admin") {
            throw ConfigurationMistakes(problems: reading.problems.filter { $0.keyPath.hasPrefix("admin") })
        }
        rooms = (root?.sections("rooms", as: .room) ?? []).compactMap { room in
            room.readOptional("id", .text).flatMap { RoomID($0) }
        }
    }
}
