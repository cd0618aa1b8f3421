import Testing
import WaitingRoom

@testable import RoomConfiguration

@Suite("What a client needs of a configuration file")
struct ConfigurationOutlineTests {
    private func outline(_ text: String) throws -> ConfigurationOutline {
        try ConfigurationOutline(
            path: "gate.yml", files: FileAccess(stamp: { _ in nil }, read: { _, _ in Array(text.utf8) }))
    }

    @Test("The admin listener and the rooms are read although the rest is wrong")
    func mistakes() throws {
        let outline = try outline(
            """
            gate: { listen: nonsense }
            admin: { listen: 127.0.0.1:9191 }
            rooms:
              - id: shop
                queue_rate: many
              - id: Not An Id
              - id: bar
            """)
        #expect(outline.admin.listen == ListenAddress(host: "127.0.0.1", port: 9191))
        #expect(outline.rooms.map(\.text) == ["shop", "bar"])
    }

    @Test("Without a section admin its defaults hold")
    func defaults() throws {
        #expect(try outline("rooms: []").admin == AdminConfiguration())
        #expect(try outline("").rooms.isEmpty)
    }

    @Test(
        "A mistake in admin is refused, and so is a file that cannot be read",
        arguments: [
            ("admin: { listen: here }\ngate: { listen: there }", "gate.yml:1:10: admin.listen: "),
            ("a: [", "gate.yml:"),
        ])
    func refusals(text: String, start: String) throws {
        let mistakes = #expect(throws: ConfigurationMistakes.self) { try outline(text) }
        #expect(mistakes?.problems.count == 1)
        #expect(mistakes?.description.hasPrefix(start) == true, "\(mistakes?.description ?? "")")
        #expect(throws: ConfigurationMistakes.self) { try ConfigurationOutline(path: "/nowhere/gate.yml") }
    }
}
