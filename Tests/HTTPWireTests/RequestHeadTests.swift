import Testing

@testable import HTTPWire

@Suite struct RequestHeadTests {
    private let head = RequestHead()

    private func get(_ fields: String, line: String = "GET / HTTP/1.1", host: String = "Host: a\r\n") -> Outcome {
        head.scan("\(line)\r\n\(host)\(fields)\r\n")
    }

    @Test("A head is read from its first byte to its empty line")
    func complete() {
        let text = "GET /a?b HTTP/1.1\r\nHost: shop.test\r\nX-One:  two \t\r\n\r\n"
        #expect(head.scan(text + "rest") == .complete(text.utf8.count))
        #expect(head.method == .get)
        #expect(head.isHTTP11)
        #expect(head.keepAlive)
        #expect(head.framing == .none)
        let bytes = Array(text.utf8)
        #expect(String(decoding: bytes[head.target], as: UTF8.self) == "/a?b")
        #expect(String(decoding: bytes[head.host], as: UTF8.self) == "shop.test")
        #expect(String(decoding: bytes[head.fields[1].value], as: UTF8.self) == "two")
    }

    @Test("Every beginning of a head is incomplete, never refused and never taken for whole")
    func prefixes() {
        let text = "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n"
        for length in 0..<text.utf8.count {
            #expect(head.scan(String(decoding: text.utf8.prefix(length), as: UTF8.self)) == .incomplete, "\(length)")
        }
    }

    // RFC 9112 §6.1, §6.3; RFC 9110 §8.6.
    @Test(
        "Framing that two readers could take differently is refused",
        arguments: [
            "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n", "Content-Length: 1\r\nContent-Length: 2\r\n",
            "Content-Length: 1\r\nContent-Length: 1\r\n", "Content-Length: 1, 1\r\n", "Content-Length: +1\r\n",
            "Content-Length: -1\r\n", "Content-Length: 0x1\r\n", "Content-Length: 1_0\r\n", "Content-Length: \r\n",
            "Content-Length: 1 2\r\n", "Content-Length: 9999999999999999999\r\n", "Transfer-Encoding: identity\r\n",
            "Transfer-Encoding: chunked, chunked\r\n", "Transfer-Encoding: gzip, chunked\r\n",
            "Transfer-Encoding: chunked, gzip\r\n", "Transfer-Encoding: xchunked\r\n", "Transfer-Encoding: \r\n",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "Transfer-Encoding: \u{b}chunked\r\n",
        ])
    func framing(fields: String) {
        #expect(get(fields, line: "POST / HTTP/1.1") == .refused(400))
    }

    @Test("The lengths that are understood are those of RFC 9112")
    func lengths() {
        _ = get("Content-Length: 12\r\n", line: "POST / HTTP/1.1")
        #expect(head.framing == .length(12))
        _ = get("Content-Length: 0\r\n", line: "POST / HTTP/1.1")
        #expect(head.framing == .none)
        _ = get("Transfer-Encoding: ChunKed\r\n", line: "POST / HTTP/1.1")
        #expect(head.framing == .chunked)
        #expect(get("Transfer-Encoding: chunked\r\n", line: "POST / HTTP/1.0") == .refused(400))
    }

    // RFC 9112 §2.2, §5; RFC 9110 §5.5.
    @Test(
        "Lines that are not quite lines are refused",
        arguments: [
            "A: b\n", "A: b\rc\r\n", "A: b\u{0}\r\n", "A : b\r\n", " A: b\r\n", "A: b\r\n folded\r\n", "A\r\n",
            ": b\r\n", "A: \u{7f}\r\n", "A: \u{1}\r\n", "A\u{e9}: b\r\n", "A(: b\r\n", "A: b\r\r\n", "\tA: b\r\n",
        ])
    func lines(fields: String) {
        #expect(get(fields) == .refused(400))
    }

    @Test(
        "Control characters are found wherever they stand in a value, tabs and bytes above 127 are not control",
        arguments: 0..<24)
    func control(offset: Int) {
        for byte in UInt8.min ... .max where byte != 0x0a && byte != 0x0d {
            var value = [UInt8](repeating: UInt8(ascii: "v"), count: 24)
            value[offset] = byte
            let text = Array("GET / HTTP/1.1\r\nHost: a\r\nA: x".utf8) + value + Array("x\r\n\r\n".utf8)
            let isRefused = text.withUnsafeBytes { bytes in
                if case .refused = head.scan(bytes, limits: HeadLimits()) { true } else { false }
            }
            #expect(isRefused == (byte < 0x20 && byte != 0x09 || byte == 0x7f), "\(byte)")
        }
    }

    @Test(
        "Request lines that are not of the grammar are refused",
        arguments: [
            ("GET  / HTTP/1.1", 400), ("GET / HTTP/1.1 ", 400), ("GET /a b HTTP/1.1", 400), ("GET / http/1.1", 400),
            ("GET / HTTP/2.0", 505), ("GET / HTTP/1.2", 505), ("GET / HTTP/11", 400), ("GET /", 400),
            ("G\u{1}T / HTTP/1.1", 400),
            ("GET a HTTP/1.1", 400), ("GET * HTTP/1.1", 400), ("GET ftp://a/ HTTP/1.1", 400), ("GET /# HTTP/1.1", 400),
            ("CONNECT a:80 HTTP/1.1", 405), ("TRACE / HTTP/1.1", 405), ("GET /\u{1} HTTP/1.1", 400),
        ])
    func requestLine(line: String, status: Int) {
        #expect(get("", line: line) == .refused(status))
    }

    // RFC 9112 §3.2.
    @Test(
        "A request names one host",
        arguments: [
            "", "Host: a\r\nHost: a\r\n", "Host: \r\n", "Host: a b\r\n", "Host: a/b\r\n", "Host: u@a\r\n",
            "Host: a:b\r\n", "Host: [::1\r\n", "Host: a,b\r\n", "Host: a:123456\r\n",
        ])
    func hosts(host: String) {
        #expect(get("", host: host) == .refused(400))
    }

    @Test("The absolute form must agree with the Host field")
    func absoluteForm() {
        #expect(get("", line: "GET http://a/b HTTP/1.1") != .refused(400))
        #expect(get("", line: "GET https://a/b HTTP/1.1") != .refused(400))
        #expect(get("", line: "GET ftp://a/b HTTP/1.1") == .refused(400))
        #expect(get("", line: "GET http://b/b HTTP/1.1") == .refused(400))
        #expect(get("", line: "GET https://b/b HTTP/1.1") == .refused(400))
        #expect(get("", line: "GET http://b/b HTTP/1.0", host: "") != .refused(400))
    }

    @Test("Sizes are bounded")
    func sizes() {
        let limits = HeadLimits(head: 200, fields: 3, startLine: 50)
        #expect(head.scan("GET /\(String(repeating: "a", count: 60))", limits: limits) == .refused(414))
        #expect(head.scan("GET / HTTP/1.1\r\nHost: a\r\nA: 1\r\nB: 2\r\nC: 3\r\n\r\n", limits: limits) == .refused(431))
        let long = String(repeating: "a", count: 200)
        #expect(head.scan("GET / HTTP/1.1\r\nHost: a\r\nA: \(long)", limits: limits) == .refused(431))
    }

    @Test("Connection may not name fields that the gate sets or that frame the message")
    func connection() {
        for name in ["Host", "Content-Length", "X-Forwarded-For", "Forwarded", "Cookie", "Via", "Transfer-Encoding"] {
            #expect(get("Connection: \(name)\r\n") == .refused(400), "\(name)")
        }
        _ = get("X-Hop: 1\r\nConnection: close, x-hop\r\nOther: 2\r\n")
        #expect(head.fields.filter(\.isHopByHop).count == 1)
        #expect(!head.keepAlive)
    }

    @Test("Only 100-continue may be expected")
    func expectation() {
        _ = get("Expect: 100-Continue\r\n")
        #expect(head.expectsContinue)
        #expect(get("Expect: 200-ok\r\n") == .refused(417))
    }

    @Test("A WebSocket is asked for by GET, Upgrade and Connection together")
    func upgrade() {
        _ = get("Connection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n")
        #expect(head.upgradesToWebSocket)
        _ = get("Upgrade: websocket\r\n")
        #expect(!head.upgradesToWebSocket)
        _ = get("Connection: Upgrade\r\nUpgrade: h2c\r\n")
        #expect(!head.upgradesToWebSocket)
    }
}
