import Testing
import WaitingRoom

@testable import RoomConfiguration

@Suite("The files in config/ and docs/CONFIGURATION.md")
struct ReferenceFileTests {
    @Test("The reference file is the defaults")
    func referenceIsDefaults() throws {
        let reference = try load(repositoryFile("config/anteroom.yml")).get()
        let minimal = try load("rooms: [{ id: concert-tickets, target_url: \"http://127.0.0.1:9000\" }]").get()
        #expect(reference == minimal)
        let id = try #require(RoomID("concert-tickets"))
        let settings = RoomSettings(id: id, targetURL: "http://127.0.0.1:9000")
        let rule = RoomRule(settings: settings, target: TargetConfiguration([Origin(host: "127.0.0.1", port: 9000)]))
        #expect(minimal == Configuration(rooms: [rule]))
    }

    @Test("The demo is valid, on this machine only, with two slots")
    func demo() throws {
        let demo = try load(repositoryFile("config/demo.yml")).get()
        #expect(demo.gate.listen == [Listener(ListenAddress(host: "127.0.0.1", port: 8080))])
        #expect(demo.admin.listen == ListenAddress(host: "127.0.0.1", port: 9090))
        #expect(demo.rooms.map(\.settings.maxActiveUsers) == [2])
        #expect(demo.rooms.map(\.target.origins) == [[Origin(host: "127.0.0.1", port: 9000)]])
        #expect(demo.store.dataDirectory == "var/demo/data")
        #expect(demo.tokens.keyFile == "var/demo/keys/signing.pem")
        #expect(demo.gate.accessLog == .file("var/demo/access.log"))
    }

    @Test("Every value of the reference file is read: nonsense in its place is a mistake on its line")
    func everyValueIsRead() throws {
        let lines = try repositoryFile("config/anteroom.yml").split(separator: "\n", omittingEmptySubsequences: false)
        var tried: Set<String> = []
        for (index, line) in lines.enumerated() {
            let content = line.drop { $0 == " " || $0 == "-" }
            guard let colon = content.firstIndex(of: ":"), !content.hasPrefix("#") else { continue }
            let key = String(content[..<colon])
            let value = content[content.index(after: colon)...].drop { $0 == " " }
            guard !value.isEmpty else { continue }
            var changed = lines
            changed[index] = "\(line[..<content.startIndex])\(key): [{ a: 1 }]"
            let outcome = load(changed.joined(separator: "\n"))
            guard case .failure(let mistakes) = outcome else {
                Issue.record("line \(index + 1) is not read: \(line)")
                continue
            }
            // The nonsense is a list: of lists it says so of its item, which stands on the same line.
            #expect(mistakes.problems.contains { $0.line == index + 1 && $0.keyPath.contains(key) }, "\(line)")
            tried.insert(key)
        }
        let leaves = SectionName.allCases.filter {
            ![.root, .passthrough, .certificate, .bypassHeader, .completion, .event, .adaptive].contains($0)
        }
        .flatMap(\.keys)
        let sections: Set = [
            "rate_limits", "listen", "tls", "hsts", "limits", "timeouts", "origin_tls", "match", "bypass", "health",
        ]
        #expect(Set(leaves).subtracting(sections).subtracting(tried) == [])
    }

    @Test("The documentation's tables hold exactly the known keys")
    func documentedKeys() throws {
        var documented: [String: [String]] = [:]
        var section: String?
        for line in try repositoryFile("docs/CONFIGURATION.md").split(separator: "\n") {
            if line.hasPrefix("#") {
                let title = String(line.drop { $0 == "#" }.dropFirst())
                section = SectionName(rawValue: title) == nil ? nil : title
            } else if line.hasPrefix("| `"), let section {
                documented[section, default: []].append(String(line.dropFirst(3).prefix { $0 != "`" }))
            }
        }
        for name in SectionName.allCases where name != .root {
            #expect(documented[name.rawValue]?.sorted() == name.keys.sorted(), "\(name.rawValue)")
        }
        let tops = Set(documented.keys.map { String($0.prefix { $0 != "." && $0 != "[" }) })
        #expect(tops == Set(SectionName.root.keys))
    }

    @Test("The examples of the documentation are valid")
    func documentedExamples() throws {
        let pieces = try repositoryFile("docs/CONFIGURATION.md").split(
            separator: "```", omittingEmptySubsequences: false)
        let examples = pieces.filter { $0.hasPrefix("yaml\n") }.map { String($0.dropFirst(5)) }
        #expect(examples.count == 7)
        for example in examples {
            // Files that an example names are no part of the documentation.
            #expect(problems(example).filter { !$0.contains("cannot be read") } == [])
        }
    }
}
