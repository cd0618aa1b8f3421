import NIOCore
import NIOHTTP1
import Testing

@testable import DemoShop

@Suite("How an answer is framed")
struct FramingTests {
    private static var text: Response { .text("hello") }
    private static var stream: Response {
        Response(body: .unknownLength(BufferSource(ByteBuffer(string: "hello"))))
    }
    private static var untilClose: Response {
        Response(body: .untilClose(BufferSource(ByteBuffer(string: "hello"))))
    }

    struct Case: Sendable {
        let name: String
        let response: @Sendable () -> Response
        var method = HTTPMethod.GET
        var version = HTTPVersion.http1_1
        /// The framing fields expected.
        let fields: [String]
        let hasBody: Bool
    }

    static let cases = [
        Case(name: "text", response: { text }, fields: ["Content-Length: 5"], hasBody: true),
        Case(name: "text, HEAD", response: { text }, method: .HEAD, fields: ["Content-Length: 5"], hasBody: false),
        Case(
            name: "text, 1.0", response: { text }, version: .http1_0,
            fields: ["Content-Length: 5", "Connection: close"], hasBody: true),
        Case(name: "stream", response: { stream }, fields: ["Transfer-Encoding: chunked"], hasBody: true),
        Case(name: "stream, HEAD", response: { stream }, method: .HEAD, fields: [], hasBody: false),
        Case(
            name: "stream, 1.0", response: { stream }, version: .http1_0, fields: ["Connection: close"], hasBody: true),
        Case(name: "until close", response: { untilClose }, fields: ["Connection: close"], hasBody: true),
        Case(name: "204", response: { Response(.noContent) }, fields: [], hasBody: false),
        Case(name: "304", response: { Response(.notModified) }, fields: [], hasBody: false),
        Case(name: "205", response: { Response(.resetContent) }, fields: ["Content-Length: 0"], hasBody: false),
    ]

    @Test("The framing fields and the body fit method, status and version", arguments: cases)
    func framing(example: Case) {
        let request = HTTPRequestHead(version: example.version, method: example.method, uri: "/")
        let framed = example.response().framed(for: request, date: "now")
        let names = ["content-length", "transfer-encoding", "connection"]
        let fields = framed.head.headers.filter { names.contains($0.name.lowercased()) }
        #expect(fields.map { "\($0.name): \($0.value)" } == example.fields)
        var source = framed.source
        if case .bytes = source.next() { #expect(example.hasBody) } else { #expect(!example.hasBody) }
        #expect(framed.closes == example.fields.contains("Connection: close"))
    }

    @Test(
        "A file that the client has is not sent again",
        arguments: [
            ([("If-None-Match", "ETAG")], 304), ([("If-None-Match", "\"x\", W/ETAG")], 304),
            ([("If-None-Match", "*")], 304), ([("If-None-Match", "\"x\"")], 200),
            ([("If-Modified-Since", StaticFile.lastModified)], 304),
            ([("If-Modified-Since", "Mon, 05 Jan 2026 09:00:00 GMT")], 200),
            ([("If-None-Match", "\"x\""), ("If-Modified-Since", StaticFile.lastModified)], 200), ([], 200),
        ] as [([(String, String)], UInt)])
    func validators(fields: [(String, String)], status: UInt) throws {
        let file = try #require(StaticFile.at("/static/logo.svg"))
        let headers = HTTPHeaders(
            fields.map { name, value in
                let parts = value.split(separator: "ETAG", omittingEmptySubsequences: false)
                return (name, parts.joined(separator: file.entityTag))
            })
        let response = file.response(to: headers)
        #expect(response.status.code == status)
        #expect(response.headers["etag"] == [file.entityTag])
    }
}
