import APIBodies
import FoundationEssentials
import Hummingbird

/// A problem as RFC 9457 describes it.
struct Problem: Error, Encodable {
    /// One place of the request that is wrong.
    struct Flaw: Encodable {
        /// A place in the body (RFC 6901), as the fragment of a URI.
        var pointer: String?
        /// A parameter of the query.
        var parameter: String?
        var detail: String
    }

    /// No more than the status says (RFC 9457 §4.2.1).
    let type = "about:blank"
    let title: String
    let status: Int
    let detail: String
    private(set) var errors: [Flaw]?
    /// Of the answer.
    private var fields: HTTPFields

    private enum CodingKeys: CodingKey {
        case type, title, status, detail, errors
    }

    init(_ status: HTTPResponse.Status, _ detail: String, fields: HTTPFields = [:]) {
        title = status.reasonPhrase
        self.status = status.code
        self.detail = detail
        self.fields = fields
    }

    /// Of a body. What is no JSON object at all is a 400, a value that cannot be a 422.
    init(_ mistake: BodyMistake) {
        self.init(mistake.pointer == "#" ? .badRequest : .unprocessableContent, mistake.detail)
        errors = [Flaw(pointer: mistake.pointer, detail: mistake.detail)]
    }

    /// Of a parameter of the query.
    init(parameter: String, _ detail: String) {
        self.init(.unprocessableContent, detail)
        errors = [Flaw(parameter: parameter, detail: detail)]
    }

    var response: Response {
        var response = Response.json(self, status: .init(code: status), contentType: "application/problem+json")
        for field in fields { response.headers[field.name] = field.value }
        return response
    }
}

extension Response {
    /// Never to be cached: what the admin listener says is true at this moment only.
    static func fresh(
        _ status: HTTPResponse.Status = .ok, body: [UInt8], contentType: String
    ) -> Response {
        Response(
            status: status,
            headers: [
                .contentType: contentType, .cacheControl: "no-store", .xContentTypeOptions: "nosniff",
            ],
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
