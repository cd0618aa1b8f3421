import Testing
import WaitingRoom

@testable import RoomConfiguration

@Suite("The section api, and a room's passes")
struct APISectionTests {
    private func configuration(_ api: String, _ keys: String = "") throws -> Configuration {
        try load("api: \(api)\nrooms:\n  - id: a\n    target_url: http://127.0.0.1:9000\n\(keys)").get()
    }

    @Test("Sites are taken as browsers send them, or all at once")
    func origins() throws {
        let some = try configuration(
            "{ cors_origins: [\"https://app.example.com\", \"http://localhost:3000\", \"capacitor://localhost\"], "
                + "embed_origins: [\"https://shop.example\", \"http://[::1]:8080\"] }")
        #expect(
            some.api.corsOrigins
                == .these(
                    ["https://app.example.com", "http://localhost:3000", "capacitor://localhost"].map(WebOrigin.init)))
        #expect(some.api.embedOrigins.map(\.text) == ["https://shop.example", "http://[::1]:8080"])
        #expect(try configuration("{ cors_origins: [\"*\"] }").api.corsOrigins == .any)
        #expect(try configuration("{}").api == APIConfiguration())
    }

    @Test(
        "What no browser sends as an origin is a mistake",
        arguments: [
            ("https://app.example.com/", "has more or less than a host"), ("app.example.com", "is not the origin"),
            ("https://App.example.com", "has capital letters"), ("https://", "has more or less than a host"),
            ("null", "is not the origin"), ("https://*.example.com", "has more or less than a host"),
            ("https://app.example.com:443", "names the port that browsers leave out"),
            ("http://a.example:80", "names the port that browsers leave out"),
            ("https://a.example:x", "has no valid port"), ("https://a.example; script-src *", "has more or less"),
            ("https://user@a.example", "has more or less than a host"),
        ])
    func mistakes(origin: String, wrong: String) {
        for key in ["cors_origins", "embed_origins"] {
            let found = problems("api: { \(key): [\"\(origin)\"] }\nrooms: [{ id: a, target_url: \"http://a\" }]")
            #expect(found.count == 1 && found.allSatisfy { $0.contains(wrong) }, "\(origin): \(found)")
        }
    }

    @Test("All sites beside others are a mistake, and no site may be all that frame a page")
    func all() {
        let rooms = "\nrooms: [{ id: a, target_url: \"http://a\" }]"
        #expect(
            problems("api: { cors_origins: [\"*\", \"https://a.example\"] }" + rooms).allSatisfy {
                $0.contains("names others beside")
            })
        #expect(problems("api: { cors_origins: [\"*\", \"https://a.example\"] }" + rooms).count == 1)
        #expect(problems("api: { embed_origins: [\"*\"] }" + rooms).count == 1)
    }

    @Test("A room says whether it is by invitation, and which passes were withdrawn")
    func passes() throws {
        let room = try configuration(
            "{}", "    invite_only: true\n    revoked_passes: [5095DE3E-0000-4000-8000-000000000001]\n"
        ).rooms[0]
        #expect(room.inviteOnly)
        #expect(room.revokedPasses.map(\.description) == ["5095de3e-0000-4000-8000-000000000001"])
        let found = problems("rooms: [{ id: a, target_url: \"http://a\", revoked_passes: [x] }]")
        #expect(found.count == 1 && found.allSatisfy { $0.contains("is not the id of a pass") })
    }
}
