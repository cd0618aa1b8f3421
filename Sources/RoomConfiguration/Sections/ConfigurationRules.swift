import WaitingRoom

/// The rules that no one value can break alone.
enum ConfigurationRules {
    /// A room and the section that it was read from.
    typealias PlacedRoom = (rule: RoomRule, section: Section)

    static func check(rooms: [PlacedRoom], in gate: GateConfiguration) {
        var firstWithID: [RoomID: Section] = [:]
        var firstWithMatch: [MatchKey: Section] = [:]
        for (rule, section) in rooms {
            if let first = firstWithID.updateValue(section, forKey: rule.settings.id) {
                firstWithID[rule.settings.id] = first
                section.refuse(
                    "id",
                    Mistake("\(rule.settings.id.text.quoted) is already the id of \(first.place)", "write another id"))
            }
            guard section.areSound("match") else { continue }
            checkMatch(rule.match, of: section, taken: &firstWithMatch)
            for path in rule.match.paths where PathText.isPrefix(gate.reservedPath, of: path) {
                section.refuse(
                    "match",
                    Mistake(
                        "the path \(path.quoted) is hidden by gate.reserved_path \(gate.reservedPath.quoted)",
                        "write another path, or another reserved_path"))
            }
        }
    }

    /// One host (nil: every host) and one path of a room's `match`.
    private struct MatchKey: Hashable {
        var host: String?
        var path: String
    }

    private static func checkMatch(_ match: RoomMatch, of section: Section, taken: inout [MatchKey: Section]) {
        let hosts = match.hosts.isEmpty ? [nil] : match.hosts.map(\.text)
        for host in hosts {
            for path in match.paths {
                let key = MatchKey(host: host, path: path)
                guard let first = taken[key] else {
                    taken[key] = section
                    continue
                }
                let owner = first.path == section.path ? "is written twice" : "already belongs to \(first.place)"
                section.refuse(
                    "match",
                    Mistake(
                        "\(path.quoted) on \(host ?? "every host") \(owner)",
                        "write another path or host"))
            }
        }
    }

    static func check(passthrough entries: [(PassthroughConfiguration, Section)]) {
        var firstWithHost: [HostPattern: Section] = [:]
        for (entry, section) in entries {
            for host in entry.hosts {
                guard let first = firstWithHost[host] else {
                    firstWithHost[host] = section
                    continue
                }
                section.refuse(
                    "hosts", Mistake("\(host.text.quoted) already belongs to \(first.place)", "write each host once"))
            }
        }
    }
}

extension Section {
    /// For messages about another section.
    fileprivate var place: String { "\(path) (line \(position.line))" }
}
