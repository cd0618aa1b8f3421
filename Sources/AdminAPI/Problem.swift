import FoundationEssentials
import Hummingbird

/// A problem as RFC 9457 describes it.
struct Problem: Encodable {
    /// No more than the status says (RFC 9457 §4.2.1).
    let type = "about:blank"
    let title: String
    let status: Int
    let detail: String

    init(_ status: HTTPResponse.Status, _ detail: String) {
        title = status.reasonPhrase
        self.status = status.code
        self.detail = detail
    }

    var response: Response { .json(self, status: .init(code: status), contentType: "application/problem+json") }
}

extension Response {
    /// Never to be cached: what the admin listener says is true at this moment only.
    static func fresh(
        _ status: HTTPResponse.Status = .ok, body: [UInt8], contentType: String
    ) -> Response {
        Response(
            status: status, headers: [.contentType: contentType, .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: body)))
    }

    static func json(
        _ value: some Encodable, status: HTTPResponse.Status = .ok, contentType: String = "application/json"
    ) -> Response {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            return fresh(status, body: Array(try encoder.encode(value)), contentType: contentType)
        } catch {
            return fresh(.internalServerError, body: [], contentType: contentType)
        }
    }
}
