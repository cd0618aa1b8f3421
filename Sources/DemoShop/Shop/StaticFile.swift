import NIOCore
import NIOHTTP1

/// A file that does not change, with validators (RFC 9110 §8.8).
struct StaticFile {
    static let lastModified = "Tue, 06 Jan 2026 09:00:00 GMT"

    let contentType: String
    let content: String

    /// The file at a path, or nil.
    static func at(_ path: String) -> StaticFile? {
        switch path {
        case "/static/shop.css": StaticFile(contentType: "text/css; charset=utf-8", content: StaticContent.stylesheet)
        case "/static/shop.js":
            StaticFile(contentType: "text/javascript; charset=utf-8", content: StaticContent.script)
        case "/static/logo.svg": StaticFile(contentType: "image/svg+xml", content: StaticContent.logo)
        default: nil
        }
    }

    var entityTag: String {
        var checksum = CRC32()
        checksum.update(ByteBuffer(string: content))
        return "\"\(checksum.text)\""
    }

    /// 304 if what the client has is current.
    func response(to headers: HTTPHeaders) -> Response {
        let validators: HTTPHeaders = [
            "ETag": entityTag, "Last-Modified": Self.lastModified, "Cache-Control": "public, max-age=3600",
        ]
        if isCurrent(for: headers) { return Response(.notModified, validators) }
        var response = Response.text(content, contentType: contentType)
        response.headers.add(contentsOf: validators)
        return response
    }

    /// RFC 9110 §13.2.2: `If-Modified-Since` counts only without `If-None-Match`. Dates are compared as text: the one
    /// that the client has is the one that it was given.
    private func isCurrent(for headers: HTTPHeaders) -> Bool {
        let tags = headers[canonicalForm: "if-none-match"]
        guard tags.isEmpty else { return tags.contains { $0 == "*" || $0 == entityTag || $0 == "W/\(entityTag)" } }
        return headers.first(name: "if-modified-since") == Self.lastModified
    }
}
