import Testing

@testable import HTTPWire

@Suite struct RequestPathTests {
    private func read(_ path: String) -> (normalized: String, loose: String?)? {
        let result = Array(path.utf8).withUnsafeBytes { try? RequestPath($0) }
        return result.map { path in
            (
                String(decoding: path.normalized, as: UTF8.self),
                path.loose.map { String(decoding: $0, as: UTF8.self) }
            )
        }
    }

    // RFC 3986 §6.2.2.
    @Test(
        "A path is brought to its normal form",
        arguments: [
            ("/a/b", "/a/b"), ("/%7euser", "/~user"), ("/%c3%a4", "/%C3%A4"), ("/a/./b", "/a/b"), ("/a/../b", "/b"),
            ("/a/%2e%2E/b", "/b"), ("/a/.", "/a/"), ("/a/b/..", "/a/"), ("/..a/b..", "/..a/b.."), ("/", "/"),
        ])
    func normalForm(path: String, expected: String) {
        #expect(read(path)?.normalized == expected)
    }

    @Test(
        "What has no normal form is refused",
        arguments: ["/%", "/%2", "/%zz", "/%00", "/%0a", "/..", "/a/../../b", "/%7f"])
    func refused(path: String) {
        #expect(read(path) == nil)
    }

    @Test(
        "A path that origins read differently has a second reading",
        arguments: [
            ("/a//b", "/a/b"), ("/a%2fb", "/a/b"), ("/a\\b", "/a/b"), ("/a%5cb", "/a/b"), ("/a;x=1/b", "/a/b"),
            ("/a%20b", "/a b"), ("/a%3bx/b", "/a/b"),
        ])
    func looseReading(path: String, expected: String) {
        #expect(read(path)?.loose == expected)
    }

    @Test(
        "A path whose segments are in doubt has no dot segments in any reading",
        arguments: [
            "/open/..;/shut", "/open//../shut", "/open/%2e%2e%2fshut", "/open/..%2fshut", "/open/..%5cshut",
            "/open\\..\\shut", "/open/x%2f..%2f..%2fshut%2f..;%2fopen", "/open;x/../shut", "/a%2fb//../../shut",
            "/open/%252e/../shut", "/a/.;x/b",
        ])
    func hiddenDotSegments(path: String) {
        #expect(read(path) == nil)
    }

    @Test(
        "Segments are in doubt where an origin may cut them otherwise",
        arguments: [
            ("/a//b", true), ("/a%2fb", true), ("/a\\b", true), ("/a;x", true), ("/a%3Bx", true), ("/a%25b", true),
            ("/a%3fb", true), ("/a%23b", true), ("/a%20b", false), ("/caf%C3%A9", false), ("/a/../b", false),
            ("/a/%2e%2e/b", false),
        ])
    func doubt(path: String, expected: Bool) throws {
        let result = try Array(path.utf8).withUnsafeBytes { try RequestPath($0) }
        #expect(result.isSplitInDoubt == expected)
    }

    @Test(
        "A plain path is its own normal form and has one reading",
        arguments: ["/", "/a", "/a/b.c", "/a-b_c~d", "/a.b/c"])
    func plain(path: String) {
        let isPlain = Array(path.utf8).withUnsafeBytes { RequestPath.isPlain($0) }
        #expect(isPlain)
        #expect(read(path)?.normalized == path)
        #expect(read(path)?.loose == nil)
    }

    @Test("What isPlain lets through never has another form, and reading a normal form again changes nothing")
    func random() {
        var generator = SystemRandomNumberGenerator()
        let alphabet = Array("/.%2fFeE;\\ab5c".utf8)
        for _ in 0..<20_000 {
            let length = Int.random(in: 0...10, using: &generator)
            var path = [UInt8(ascii: "/")]
            for _ in 0..<length { path.append(alphabet[Int.random(in: 0..<alphabet.count, using: &generator)]) }
            let text = String(decoding: path, as: UTF8.self)
            guard let result = read(text) else { continue }
            if path.withUnsafeBytes({ RequestPath.isPlain($0) }) {
                #expect(result.normalized == text && result.loose == nil, "\(text)")
            }
            #expect(read(result.normalized)?.normalized == result.normalized, "\(text)")
            #expect(!(result.normalized + "/").contains("/../"), "\(text)")
        }
    }
}
