import Testing

@testable import HTTPWire

@Suite struct ResponseHeadTests {
    private let head = ResponseHead()

    @Test("A status line may lack its reason phrase")
    func statusLines() {
        for line in ["HTTP/1.1 200 OK", "HTTP/1.1 200 ", "HTTP/1.1 200", "HTTP/1.0 999 Odd thing"] {
            #expect(head.scan("\(line)\r\n\r\n") == .complete(line.utf8.count + 4), "\(line)")
        }
    }

    @Test(
        "What is no answer is refused",
        arguments: [
            "HTTP/2 200 OK\r\n\r\n", "HTTP/1.1 20 OK\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n", "HTTP/1.1  200 OK\r\n\r\n",
            "HTTP/1.1 200 OK\n\n", "SSH-2.0-OpenSSH_9\r\n\r\n", "HTTP/1.1 099 Low\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
            "HTTP/1.1 200 OK\r\nA: b\r\n folded\r\n\r\n", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", "HTTP/1.1 200 O\u{1}K\r\n\r\n",
        ])
    func malformed(text: String) {
        #expect(head.scan(text) == .refused(502))
    }

    @Test("A status line that is too long is refused, whether or not its end has arrived")
    func longStatusLine() {
        let line = "HTTP/1.1 200 \(String(repeating: "a", count: 16 * 1024))"
        #expect(head.scan(line) == .refused(502))
        #expect(head.scan("\(line)\r\n\r\n") == .refused(502))
    }

    // RFC 9112 §6.3.
    @Test("The end of the body follows from method, status and fields, in this order")
    func framing() {
        _ = head.scan("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")
        #expect(head.framing(toHEAD: false) == .length(5))
        #expect(head.framing(toHEAD: true) == .none)
        _ = head.scan("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n")
        #expect(head.framing(toHEAD: false) == .none)
        _ = head.scan("HTTP/1.1 204 No Content\r\n\r\n")
        #expect(head.framing(toHEAD: false) == .none)
        _ = head.scan("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        #expect(head.framing(toHEAD: false) == .chunked)
        _ = head.scan("HTTP/1.1 200 OK\r\n\r\n")
        #expect(head.framing(toHEAD: false) == .untilClose)
    }

    @Test("A connection is kept as the version and the Connection field say")
    func keepAlive() {
        _ = head.scan("HTTP/1.1 200 OK\r\n\r\n")
        #expect(head.keepAlive)
        _ = head.scan("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        #expect(!head.keepAlive)
        _ = head.scan("HTTP/1.0 200 OK\r\n\r\n")
        #expect(!head.keepAlive)
        _ = head.scan("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\n")
        #expect(head.keepAlive)
    }
}
