import APIBodies
import QueueStore

extension VisitorResponse {
    /// 400, with the member `errors` as in the example of RFC 9457 §3.
    static func problem(_ mistake: BodyMistake) -> VisitorResponse {
        var json = JSONText()
        json.object {
            $0.member("type", "about:blank")
            $0.member("title", "Bad Request")
            $0.member("status", 400)
            $0.member("detail", mistake.detail)
            $0.member("errors", objects: [mistake]) { error, mistake in
                error.member("pointer", mistake.pointer)
                error.member("detail", mistake.detail)
            }
        }
        return VisitorResponse(
            status: 400, contentType: "application/problem+json",
            fields: [("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff")], body: json.bytes)
    }
}
