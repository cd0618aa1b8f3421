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
            ("/open/..;/shut", "/shut"), ("/open//../shut", "/shut"), ("/open/%2e%2e%2fshut", "/shut"),
            ("/a%20b", "/a b"),
        ])
    func looseReading(path: String, expected: String) {
        #expect(read(path)?.loose == expected)
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
