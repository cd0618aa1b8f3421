import NIOCore
import NIOHTTP1

/// An answer, before it is known how it goes on the wire.
struct Response {
    enum Body {
        case bytes(ByteBuffer)
        case stream(any BodySource, length: Int)
        /// Chunked; to an HTTP/1.0 client, ended by closing.
        case unknownLength(any BodySource)
        /// Ended by closing the connection, whatever the client's version (RFC 9112 §6.3).
        case untilClose(any BodySource)
    }

    var status: HTTPResponseStatus
    var headers: HTTPHeaders
    var body: Body
    /// Before anything is sent.
    var delay: TimeAmount?
    /// The fields of a 103 that goes first (RFC 8297).
    var earlyHints: HTTPHeaders?

    init(_ status: HTTPResponseStatus = .ok, _ headers: HTTPHeaders = [:], body: Body = .bytes(ByteBuffer())) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    static func text(
        _ text: String, status: HTTPResponseStatus = .ok, contentType: String = "text/plain; charset=utf-8"
    ) -> Response {
        Response(status, ["Content-Type": contentType], body: .bytes(ByteBuffer(string: text)))
    }

    static func json(_ text: String) -> Response { .text(text, contentType: "application/json") }

    static func redirect(_ status: HTTPResponseStatus, to location: String) -> Response {
        Response(status, ["Location": location])
    }

    func with(_ name: String, _ value: String) -> Response {
        var response = self
        response.headers.add(name: name, value: value)
        return response
    }
}

extension Response {
    /// An answer as one connection sends it.
    struct Framed {
        let head: HTTPResponseHead
        let source: any BodySource
        /// Whether the connection is closed behind it.
        let closes: Bool
    }

    /// The answer to `request` with the fields that frame it.
    /// - Parameter date: for the field of that name.
    func framed(for request: HTTPRequestHead, date: String) -> Framed {
        var closes = !request.isKeepAlive || request.asksForUpgrade
        var framing: [(String, String)] = []
        let source: any BodySource
        switch body {
        case .bytes(let bytes):
            source = BufferSource(bytes)
            framing.append(("Content-Length", "\(bytes.readableBytes)"))
        case .stream(let stream, let length):
            source = stream
            framing.append(("Content-Length", "\(length)"))
        case .unknownLength(let stream) where request.version != .http1_0:
            source = stream
            // The encoder ends what it takes for chunked with a last chunk, which would be one too many behind a HEAD.
            if request.method != .HEAD { framing.append(("Transfer-Encoding", "chunked")) }
        case .unknownLength(let stream), .untilClose(let stream):
            source = stream
            closes = true
        }
        // RFC 9110 §8.6: neither length nor body in 204; in 304 the length would be that of a 200.
        let isBodyless = status == .noContent || status == .notModified
        if isBodyless { framing = [] }
        if closes {
            framing.append(("Connection", "close"))
        } else if request.version == .http1_0 {
            framing.append(("Connection", "keep-alive"))
        }
        var all = HTTPHeaders([("Date", date), ("Server", "demo-shop")])
        all.add(contentsOf: headers)
        all.add(contentsOf: framing)
        return Framed(
            head: HTTPResponseHead(version: .http1_1, status: status, headers: all),
            source: isBodyless || request.method == .HEAD ? BufferSource() : source, closes: closes)
    }
}
