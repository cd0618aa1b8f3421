import Testing

@testable import HTTPWire

@Suite("A request's head, from HTTP/2 to HTTP/1.1 (RFC 9113 §8.3)")
struct HTTP2RequestHeadTests {
    private static let get = [
        (":method", "GET"), (":scheme", "https"), (":authority", "shop.test"), (":path", "/a?b=c"),
    ]

    /// The head as text, or what became of it.
    private func write(_ fields: [(String, String)], endsStream: Bool = true, limit: Int = 1000) -> String {
        let head = HTTP2RequestHead()
        // One object is used again and again: nothing of the last head may show.
        head.begin(limit: 10_000)
        _ = take([(":method", "POST"), ("cookie", "old=1"), ("content-length", "9")], head)
        head.begin(limit: limit)
        _ = take(fields, head)
        switch head.finish(endsStream: endsStream, webSocketKey: { "KEY" }) {
        case .head(let body): return head.withBytes { String(decoding: $0, as: UTF8.self) } + "[\(body)]"
        case let outcome: return "\(outcome)"
        }
    }

    private func take(_ fields: [(String, String)], _ head: HTTP2RequestHead) -> [Bool] {
        fields.map { name, value in
            Array(name.utf8).withUnsafeBytes { name in
                Array(value.utf8).withUnsafeBytes { head.take(name: name, value: $0, isSound: false) }
            }
        }
    }

    @Test("Pseudo-header fields become the request line and Host; the others keep their order")
    func ordinary() {
        #expect(
            write(Self.get + [("x-b", "1"), ("accept", ""), ("x-a", "2")])
                == "GET /a?b=c HTTP/1.1\r\nHost: shop.test\r\nx-b: 1\r\naccept: \r\nx-a: 2\r\n\r\n[none]")
    }

    @Test("Cookie crumbs become one field (§8.2.3)")
    func crumbs() {
        #expect(
            write(Self.get + [("cookie", "a=1"), ("x", "y"), ("cookie", "b=2")])
                == "GET /a?b=c HTTP/1.1\r\nHost: shop.test\r\nx: y\r\ncookie: a=1; b=2\r\n\r\n[none]")
    }

    @Test("A Host that says what :authority says is the same; another one stays, to be refused as a second")
    func hosts() {
        let head = "GET /a?b=c HTTP/1.1\r\nHost: shop.test\r\n"
        #expect(write(Self.get + [("host", "Shop.Test")]) == head + "\r\n[none]")
        #expect(write(Self.get + [("host", "other.test")]) == head + "host: other.test\r\n\r\n[none]")
        let without = Self.get.filter { $0.0 != ":authority" }
        #expect(write(without + [("host", "a")]) == "GET /a?b=c HTTP/1.1\r\nhost: a\r\n\r\n[none]")
    }

    @Test("A body is framed by its Content-Length or, without one, in chunks")
    func framing() {
        let line = "GET /a?b=c HTTP/1.1\r\nHost: shop.test\r\n"
        #expect(write(Self.get, endsStream: false) == line + "Transfer-Encoding: chunked\r\n\r\n[chunked]")
        #expect(
            write(Self.get + [("content-length", "5")], endsStream: false)
                == line + "content-length: 5\r\n\r\n[plain(length: Optional(5))]")
        #expect(
            write(Self.get + [("content-length", "+5")], endsStream: false)
                == line + "content-length: +5\r\n\r\n[plain(length: nil)]")
        #expect(write(Self.get + [("content-length", "0")]) == line + "content-length: 0\r\n\r\n[none]")
        #expect(write(Self.get + [("content-length", "5")]) == "malformed")
    }

    @Test("A WebSocket's tunnel becomes an upgrade with a key of the gate's (RFC 8441 §5)")
    func tunnel() {
        let tunnel = [(":method", "CONNECT"), (":protocol", "websocket")] + Self.get.dropFirst()
        #expect(
            write(tunnel + [("sec-websocket-key", "theirs")], endsStream: false)
                == "GET /a?b=c HTTP/1.1\r\nHost: shop.test\r\nConnection: upgrade\r\nUpgrade: websocket\r\n"
                + "Sec-WebSocket-Key: KEY\r\n\r\n[tunnel]")
        let other = [(":method", "CONNECT"), (":protocol", "connect-udp")] + Self.get.dropFirst()
        #expect(write(other, endsStream: false) == "foreignTunnel")
        #expect(write(tunnel) == "malformed")
    }

    @Test("CONNECT goes on as it is, to be refused")
    func connect() {
        #expect(
            write([(":method", "CONNECT"), (":authority", "a:443")])
                == "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n[none]")
    }

    static let malformed: [(String, [(String, String)])] = [
        ("nothing", []), ("no :method", Array(get.dropFirst())), ("no :path", Array(get.dropLast())),
        ("no :scheme", get.filter { $0.0 != ":scheme" }), ("an empty :path", Array(get.dropLast()) + [(":path", "")]),
        ("a URL as :path", Array(get.dropLast()) + [(":path", "http://a/")]),
        ("a space in :path", Array(get.dropLast()) + [(":path", "/a b")]),
        ("CRLF in :path", Array(get.dropLast()) + [(":path", "/\r\nx")]),
        ("NUL in :authority", get.map { $0.0 == ":authority" ? ($0.0, "a\0") : $0 }),
        ("a space in :method", [(":method", "GET /")] + get.dropFirst()),
        ("an empty :method", [(":method", "")] + get.dropFirst()),
        ("another scheme", get.map { $0.0 == ":scheme" ? ($0.0, "ftp") : $0 }),
        ("two of :path", get + [(":path", "/")]), ("an unknown one", get + [(":x", "1")]),
        ("one in capitals", get + [(":METHOD", "GET")]), ("one of answers", get + [(":status", "200")]),
        ("one behind a field", [("x", "y")] + get), ("a late one", get + [("x", "y"), (":path", "/")]),
        ("a name in capitals", get + [("X-A", "1")]), ("an empty name", get + [("", "1")]),
        ("a space in a name", get + [("x a", "1")]), ("a colon in a name", get + [("x:a", "1")]),
        ("LF in a value", get + [("x", "a\nb")]), ("CR in a value", get + [("x", "a\rb")]),
        ("NUL in a value", get + [("x", "a\0b")]), ("a space before a value", get + [("x", " a")]),
        ("a tab behind a value", get + [("x", "a\t")]), ("Connection", get + [("connection", "close")]),
        ("Keep-Alive", get + [("keep-alive", "1")]), ("Proxy-Connection", get + [("proxy-connection", "1")]),
        ("Transfer-Encoding", get + [("transfer-encoding", "chunked")]), ("Upgrade", get + [("upgrade", "h2c")]),
        ("TE", get + [("te", "gzip")]), ("CONNECT with a path", [(":method", "CONNECT")] + get.dropFirst()),
        ("a tunnel by GET", get + [(":protocol", "websocket")]),
    ]

    @Test("What RFC 9113 calls malformed is no head", arguments: malformed.map(\.0))
    func refused(name: String) throws {
        let fields = try #require(Self.malformed.first { $0.0 == name }).1
        #expect(write(fields, endsStream: name != "a tunnel by GET") == "malformed")
    }

    @Test("More than the limit is too large, in fields, cookies and pseudo-header fields")
    func tooLarge() {
        let long = String(repeating: "a", count: 101)
        #expect(write(Self.get + [("x", long)], limit: 100) == "tooLarge")
        #expect(write(Self.get + [("cookie", long)], limit: 100) == "tooLarge")
        #expect(write(Self.get.dropLast() + [(":path", "/" + long)], limit: 100) == "tooLarge")
    }

    @Test("A field that was sound before is not looked at again, but for what it means here")
    func soundBefore() {
        let head = HTTP2RequestHead()
        head.begin(limit: 1000)
        #expect(take(Self.get + [("x", "y"), ("x", "a\u{1}b"), ("x", "\n")], head).suffix(3) == [true, true, false])
        #expect(head.finish(endsStream: true, webSocketKey: { "" }) == .malformed)
    }

    @Test("Trailers are only looked at")
    func trailers() {
        for (fields, isSound) in [
            ([("x-sum", "1")], true), ([(":path", "/")], false), ([("X", "1")], false), ([], true),
        ] as [([(String, String)], Bool)] {
            let head = HTTP2RequestHead()
            head.beginTrailers()
            _ = take(fields, head)
            #expect(head.areTrailersSound == isSound)
        }
    }
}
