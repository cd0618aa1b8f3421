import RoomConfiguration
import Testing
import WaitingRoom

@Suite("rate_limits")
struct RateLimitTests {
    @Test("The defaults are those of the API's documentation, fifty places an address among them")
    func defaults() throws {
        let rule = try #require(try load(room()).get().rooms.first)
        #expect(rule.settings.maxPositionsPerAddress == 50)
        #expect(rule.rateLimits[.enqueue] == Rate(count: 10, per: .minutes(1)))
        #expect(rule.rateLimits[.status] == Rate(count: 60, per: .minutes(1)))
        #expect(rule.rateLimits[.heartbeat] == Rate(count: 30, per: .minutes(1)))
        #expect(rule.rateLimits[.session] == Rate(count: 100, per: .minutes(1)))
    }

    @Test("A room writes over what stands at the top, key by key, and each may be off")
    func overriding() throws {
        let text = """
            rate_limits: { enqueue: 5/s, status: off, exempt: [10.0.0.0/8] }
            rooms:
              - { id: a, target_url: "http://a", match: { paths: [/a] }, max_positions_per_address: 0 }
              - { id: b, target_url: "http://b", match: { paths: [/b] }, rate_limits: { enqueue: off, exempt: [] } }
              - { id: c, target_url: "http://c", rate_limits: { enabled: false } }
            """
        let rules = try load(text).get().rooms
        #expect(rules.map { $0.rateLimits[.enqueue] } == [Rate(count: 5, per: .seconds(1)), nil, nil])
        #expect(rules.map { $0.rateLimits[.status] } == [nil, nil, nil])
        #expect(rules.map { $0.rateLimits[.session]?.count } == [100, 100, nil])
        #expect(rules.map(\.settings.maxPositionsPerAddress) == [0, 50, 50])
        let inside = try #require(IPAddress("10.1.2.3"))
        #expect(rules.map { $0.isExempt(inside) } == [true, false, true])
    }

    @Test("Whoever may pass by the line is exempt")
    func bypass() throws {
        let rule = try #require(try load(room("bypass: { addresses: [192.0.2.0/24] }")).get().rooms.first)
        #expect(rule.isExempt(try #require(IPAddress("192.0.2.7"))))
        #expect(!rule.isExempt(try #require(IPAddress("192.0.3.7"))))
    }

    @Test("Mistakes are named with what would be right")
    func mistakes() {
        func said(_ line: String) -> [String] { problems("rate_limits: { \(line) }\n" + room()) }
        #expect(
            said("enqueue: 0/min")
                == [
                    "a.yml:1:16: rate_limits.enqueue: \"0/min\" allows no call at all; write at least 1/h, or off for any number"
                ])
        #expect(
            said("status: often")
                == [
                    "a.yml:1:16: rate_limits.status: \"often\" is not a rate of calls; write one such as 10/min, or off"
                ])
        #expect(
            said("session: 60001/h")
                == ["a.yml:1:16: rate_limits.session: \"60001/h\" is too large; write at most 60000, or off"])
        #expect(said("enqeue: 1").first?.hasSuffix("unknown key \"enqeue\"; write enqueue") == true)
        #expect(said("exempt: [here]").count == 1)
    }

    @Test("A network is an IPv4 address, or the /64 of an IPv6 address")
    func networks() throws {
        func bytes(_ text: String) throws -> [UInt8] { CustomerNetwork(of: try #require(IPAddress(text))).bytes }
        #expect(try bytes("203.0.113.7") == [203, 0, 113, 7])
        #expect(try bytes("::ffff:203.0.113.7") == [203, 0, 113, 7])
        #expect(try bytes("2001:db8:1:2::3") == [0x20, 1, 0xd, 0xb8, 0, 1, 0, 2])
        #expect(try bytes("2001:db8:1:2:ffff::") == bytes("2001:db8:1:2::3"))
        #expect(try bytes("2001:db8:1:3::3") != bytes("2001:db8:1:2::3"))
    }
}
