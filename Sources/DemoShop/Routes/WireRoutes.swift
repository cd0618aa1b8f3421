import NIOCore
import NIOHTTP1

/// Answers that show how a request arrived, or that are unusual on the wire.
enum WireRoutes {
    private static let maxBytes = 16 * 1024 * 1024 * 1024
    private static let maxPause = 600_000
    private static let maxPieces = 1_000_000

    static func route(_ path: String) -> Routes.Route? {
        switch path {
        case "/echo": .any(echo)
        case "/upload": Routes.Route(methods: [.POST, .PUT], answer: upload)
        case "/download": .page(download)
        case "/stream": .page(stream)
        case "/events": .page(events)
        case "/slow": .page(slow)
        case "/redirect": .page(redirect)
        case "/gzip": .page { _ in gzip }
        case "/head": .page { _ in .text(String(repeating: "All you need is a head.\n", count: 500)) }
        case "/early-hints": .page { _ in earlyHints }
        case "/cookies": .page { _ in cookies }
        case "/close": .page { _ in untilClose }
        case "/big-headers": .page(bigHeaders)
        case "/ws":
            .page { _ in Response.text("This is a WebSocket.\n", status: .upgradeRequired).with("Upgrade", "websocket")
            }
        default: path.hasPrefix("/status/") ? .any { try status($0, String(path.dropFirst(8))) } : nil
        }
    }

    private static func echo(_ request: Request) -> Response {
        let fields = request.head.headers.map { "[\($0.name.jsonQuoted),\($0.value.jsonQuoted)]" }
        return .json(
            """
            {"method":\(request.head.method.rawValue.jsonQuoted),"target":\(request.head.uri.jsonQuoted),\
            "version":"\(request.head.version.major).\(request.head.version.minor)",\
            "headers":[\(fields.joined(separator: ","))],\
            "body_length":\(request.body.count),"body_crc32":"\(request.body.checksum.text)"}

            """)
    }

    private static func upload(_ request: Request) -> Response {
        .json("{\"bytes\":\(request.body.count),\"crc32\":\"\(request.body.checksum.text)\"}\n")
    }

    private static func download(_ request: Request) throws -> Response {
        let count = try request.query.number("bytes", in: 0...maxBytes, absent: 1024 * 1024)
        return Response(
            .ok,
            ["Content-Type": "application/octet-stream", "Content-Disposition": "attachment; filename=encore.bin"],
            body: .stream(PatternSource(count: count), length: count))
    }

    private static func stream(_ request: Request) throws -> Response {
        let count = try request.query.number("chunks", in: 0...maxPieces, absent: 10)
        let interval = try request.query.number("interval_ms", in: 0...maxPause, absent: 0)
        return Response(
            .ok, ["Content-Type": "text/plain; charset=utf-8"],
            body: .unknownLength(
                TimedSource(count: count, interval: .milliseconds(Int64(interval))) { "chunk \($0 + 1) of \(count)\n" })
        )
    }

    /// Server-sent events: https://html.spec.whatwg.org/multipage/server-sent-events.html
    private static func events(_ request: Request) throws -> Response {
        let count = try request.query.number("count", in: 0...maxPieces, absent: maxPieces)
        let interval = try request.query.number("interval_ms", in: 0...maxPause, absent: 1000)
        return Response(
            .ok, ["Content-Type": "text/event-stream", "Cache-Control": "no-cache"],
            body: .unknownLength(
                TimedSource(count: count, interval: .milliseconds(Int64(interval))) { index in
                    "id: \(index + 1)\nevent: stock\ndata: {\"left\":\(max(0, 500 - index))}\n\n"
                }))
    }

    private static func slow(_ request: Request) throws -> Response {
        let time = try request.query.number("ms", in: 0...maxPause, absent: 2000)
        var response = Response.text("That took \(time) ms.\n")
        response.delay = .milliseconds(Int64(time))
        return response
    }

    /// To the front page; with `absolute=1` to its whole URL, made from `Host`.
    private static func redirect(_ request: Request) -> Response {
        guard request.query["absolute"] == "1", let host = request.head.headers.first(name: "host") else {
            return .redirect(.found, to: "/")
        }
        return .redirect(.found, to: "http://\(host)/")
    }

    private static func status(_ request: Request, _ text: String) throws -> Response {
        guard let code = Int(text), (200...599).contains(code) else {
            throw FormFields.Mistake(message: "A status is a number from 200 to 599")
        }
        var response = Response.text("Status \(code).\n", status: HTTPResponseStatus(statusCode: code))
        switch code {
        case 204, 205, 304: response = Response(response.status)
        case 300...399: response.headers.add(name: "Location", value: "/")
        case 401: response.headers.add(name: "WWW-Authenticate", value: "Basic realm=\"Encore\"")
        case 503: response.headers.add(name: "Retry-After", value: "1")
        default: break
        }
        return response
    }

    private static var gzip: Response {
        Response(
            .ok,
            ["Content-Type": "text/html; charset=utf-8", "Content-Encoding": "gzip", "Vary": "Accept-Encoding"],
            body: .bytes(ByteBuffer(bytes: PackedPage.bytes)))
    }

    private static var earlyHints: Response {
        let link = "</static/shop.css>; rel=preload; as=style"
        var response = ShopPages.home.with("Link", link)
        response.earlyHints = ["Link": link]
        return response
    }

    private static var cookies: Response {
        Response.text("Two cookies.\n").with("Set-Cookie", "taste=sweet; Path=/")
            .with("Set-Cookie", "size=large; Path=/; HttpOnly; Expires=Wed, 01 Jan 2098 00:00:00 GMT")
    }

    private static var untilClose: Response {
        Response(
            .ok, ["Content-Type": "text/plain; charset=utf-8"],
            body: .untilClose(BufferSource(ByteBuffer(string: "The end of this text is the end of the connection.\n"))))
    }

    /// About as many bytes of header fields as asked for, in fields of a kilobyte.
    private static func bigHeaders(_ request: Request) throws -> Response {
        let bytes = try request.query.number("bytes", in: 0...64 * 1024, absent: 16 * 1024)
        var response = Response.text("Large fields.\n")
        for index in 0..<bytes / 1024 {
            let name = "X-Large-\(index)"
            // ": " and the line end take four bytes more.
            response.headers.add(name: name, value: String(repeating: "x", count: 1020 - name.utf8.count))
        }
        return response
    }
}
