import RoomConfiguration
import Testing

@Suite("What addresses, hosts and paths match")
struct MatchingTests {
    @Test(
        "An address is read in every form of RFC 4291 and written in that of RFC 5952",
        arguments: [
            ("192.0.2.7", "192.0.2.7"), ("0.0.0.0", "0.0.0.0"), ("255.255.255.255", "255.255.255.255"),
            ("::", "::"), ("::1", "::1"), ("1::", "1::"), ("2001:DB8:0:0:8:800:200C:417A", "2001:db8::8:800:200c:417a"),
            ("2001:0db8:0000:0000:0001:0000:0000:0001", "2001:db8::1:0:0:1"), ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"),
            ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"), ("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"),
            ("::ffff:192.0.2.7", "192.0.2.7"), ("::ffff:c000:207", "192.0.2.7"),
            ("64:ff9b::192.0.2.33", "64:ff9b::c000:221"), ("1:2:3:4:5:6:192.0.2.33", "1:2:3:4:5:6:c000:221"),
            ("fe80::a:0:0:b", "fe80::a:0:0:b"),
        ])
    func addressForms(text: String, canonical: String) {
        #expect(IPAddress(text)?.description == canonical)
    }

    @Test(
        "An entry of X-Forwarded-For may have brackets and a port",
        arguments: [
            ("192.0.2.7", "192.0.2.7"), (" 192.0.2.7\t", "192.0.2.7"), ("192.0.2.7:80", "192.0.2.7"),
            ("[2001:db8::7]", "2001:db8::7"), ("[2001:db8::7]:443", "2001:db8::7"), ("2001:db8::7", "2001:db8::7"),
            ("::ffff:192.0.2.7", "192.0.2.7"), ("::1", "::1"), ("192.0.2.7:", nil), ("192.0.2.7:x", nil),
            ("192.0.2.7:65536", nil), ("[192.0.2.7]:80", nil), ("[::1", nil), ("[::1]80", nil), ("unknown", nil),
            ("", nil),
            ("_hidden", nil), ("[::1]:80:80", nil),
        ] as [(String, String?)])
    func hops(text: String, address: String?) {
        #expect(IPAddress(hop: text)?.description == address)
    }

    @Test(
        "What is not an address is not read as one",
        arguments: [
            "", "1", "1.2.3", "1.2.3.4.5", "1.2.3.", ".1.2.3", "256.1.1.1", "01.2.3.4", "1.2.3.a", "1.2.3.4 ", ":",
            ":::", ":1", "1:", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", "12345::", "g::", "::1%eth0", "[::1]",
            "1:2:3:4:5:6:7:8::", "1:2:3:4:5:6:7:1.2.3.4", "::1.2.3", "::1.2.3.4:5", "1.2.3.4::", "1:::2", "-1.2.3.4",
        ])
    func notAddresses(text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test(
        "A block contains the addresses with its leading bits, and none of the other family",
        arguments: [
            ("10.0.0.0/8", "10.255.0.1", true), ("10.0.0.0/8", "11.0.0.0", false), ("0.0.0.0/0", "203.0.113.9", true),
            ("0.0.0.0/0", "::1", false), ("::/0", "203.0.113.9", false), ("::/0", "2001:db8::1", true),
            ("192.0.2.7", "192.0.2.7", true), ("192.0.2.7", "192.0.2.6", false),
            ("192.0.2.7", "::ffff:192.0.2.7", true),
            ("192.0.2.4/31", "192.0.2.5", true), ("192.0.2.4/31", "192.0.2.6", false),
            ("2001:db8::/33", "2001:db8:7fff::1", true), ("2001:db8::/33", "2001:db8:8000::", false),
            ("2001:db8::/127", "2001:db8::1", true), ("2001:db8::/127", "2001:db8::2", false),
            ("::ffff:10.0.0.0/104", "10.1.2.3", true), ("::ffff:10.0.0.0/104", "11.1.2.3", false),
        ])
    func blocks(block: String, address: String, isInside: Bool) throws {
        #expect(try #require(CIDR(block)).contains(try #require(IPAddress(address))) == isInside)
    }

    @Test("A block with bits behind its length, or a length out of range, is not read")
    func badBlocks() {
        for text in ["10.0.0.1/8", "10.0.0.0/33", "::/129", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/+8", "/8", "::1/x"] {
            #expect(CIDR(text) == nil, "\(text)")
        }
    }

    @Test(
        "A host pattern is one name, or all names below one",
        arguments: [
            ("example.com", "example.com", true), ("Example.com", "EXAMPLE.COM", true),
            ("example.com", "a.example.com", false), ("example.com", "example.co", false),
            ("*.example.com", "a.example.com", true), ("*.example.com", "A.B.Example.com", true),
            ("*.example.com", "example.com", false), ("*.example.com", ".example.com", false),
            ("*.example.com", "badexample.com", false), ("*.example.com", "", false),
            ("[2001:db8::1]", "[2001:DB8::1]", true), ("192.0.2.7", "192.0.2.7", true),
        ])
    func hosts(pattern: String, host: String, isMatch: Bool) throws {
        #expect(try #require(HostPattern(pattern)).matches(Array(host.utf8).span) == isMatch)
    }

    @Test(
        "In a path pattern a star is any run of characters",
        arguments: [
            ("/a", "/a", true), ("/a", "/a/", false), ("/a", "/ab", false), ("/", "/", true), ("/", "", false),
            ("*", "", true), ("*", "/x/y", true), ("/static/*", "/static/", true),
            ("/static/*", "/static/a/b.js", true),
            ("/static/*", "/static", false), ("*.css", "/a/b.css", true), ("*.css", "/a/b.css.map", false),
            ("/a*/b", "/a/b", true), ("/a*a", "/a", false), ("/a*a", "/aa", true), ("/*/*/c", "/a/b/c", true),
            ("/*/*/c", "/a/c", false), ("/*ab*b", "/xaab", false), ("/*ab*b", "/xaabb", true),
            ("/*aab*", "/aaab", true), ("/*abab*c", "/abaababxc", true), ("/*abab*c", "/abaabac", false),
            ("/**b", "/ab", true), ("/a*bc*bc", "/abc", false), ("/a*bc*bc", "/abcbc", true),
        ])
    func paths(pattern: String, path: String, isMatch: Bool) throws {
        #expect(try #require(PathPattern(pattern)).matches(Array(path.utf8).span) == isMatch)
    }

    @Test("A path pattern agrees with a plain search of all splits, on random patterns and paths")
    func pathsAgainstOracle() throws {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<20_000 {
            let pattern =
                "/" + String((0..<Int.random(in: 0...6)).map { _ in "ab*".randomElement(using: &generator) ?? "a" })
            let path =
                "/" + String((0..<Int.random(in: 0...8)).map { _ in "ab".randomElement(using: &generator) ?? "a" })
            let expected = Self.oracle(Array(pattern.utf8)[...], Array(path.utf8)[...])
            #expect(try #require(PathPattern(pattern)).matches(Array(path.utf8).span) == expected, "\(pattern) \(path)")
        }
    }

    private static func oracle(_ pattern: ArraySlice<UInt8>, _ path: ArraySlice<UInt8>) -> Bool {
        guard let first = pattern.first else { return path.isEmpty }
        if first == UInt8(ascii: "*") {
            return oracle(pattern.dropFirst(), path) || (!path.isEmpty && oracle(pattern, path.dropFirst()))
        }
        return path.first == first && oracle(pattern.dropFirst(), path.dropFirst())
    }
}
