import Testing

@testable import HTTPWire

@Suite struct GateCookiesTests {
    private struct Found: Equatable {
        var kind: GateCookies.Kind
        var room: String
        var value: String
    }

    private func scan(_ value: String) throws -> [Found] {
        var cookies = GateCookies()
        let bytes = Array(value.utf8)
        try bytes.withUnsafeBytes { try cookies.scan($0, value: 0..<bytes.count) }
        return cookies.pairs.map { pair in
            Found(
                kind: pair.kind, room: String(decoding: bytes[pair.room], as: UTF8.self),
                value: String(decoding: bytes[pair.value], as: UTF8.self))
        }
    }

    @Test("The gate's cookies are found among others")
    func found() throws {
        let value =
            "a=1; anteroom_s_shop=x.y.z; xanteroom_s_shop=no; anteroom_p_a-b=p;anteroom_q_shop=no; "
            + "z=anteroom_s_shop=1"
        #expect(
            try scan(value) == [
                Found(kind: .session, room: "shop", value: "x.y.z"), Found(kind: .position, room: "a-b", value: "p"),
            ])
    }

    @Test("Values may be empty, names must be whole")
    func edges() throws {
        #expect(try scan("anteroom_s_a=") == [Found(kind: .session, room: "a", value: "")])
        for value in ["", ";", "anteroom_", "anteroom_s", "anteroom_s_", "anteroom_s_a", " ; ;", "ANTEROOM_S_a=1"] {
            #expect(try scan(value).isEmpty, "\(value)")
        }
    }

    @Test("A cookie that is given twice is refused, within one field and across several")
    func duplicates() throws {
        #expect(throws: HeadRefusal.self) { try scan("anteroom_s_a=1; anteroom_s_a=1") }
        #expect(try scan("anteroom_s_a=1; anteroom_p_a=1; anteroom_s_b=1").count == 3)
    }

    @Test("The number of cookies is bounded")
    func bounded() {
        let many = (0..<100).map { "anteroom_s_r\($0)=1" }.joined(separator: "; ")
        #expect(throws: HeadRefusal.self) { try scan(many) }
    }
}
