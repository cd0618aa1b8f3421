import HTTPWire
import RoomConfiguration
import VisitorAPI

/// What a redirect listener does: everybody is sent to the same URL over TLS.
extension DownstreamHandler {
    /// How an authority for certificates asks without TLS whether a host is ours (RFC 8555 §8.3): the origin answers it.
    func isCertificateChallenge(_ path: UnsafeRawBufferPointer, _ exchange: Exchange) -> Bool {
        let prefix: StaticString = "/.well-known/acme-challenge/"
        return exchange.loosePath == nil
            && prefix.withUTF8Buffer { unsafe path.starts(with: UnsafeRawBufferPointer($0)) }
    }

    func redirect(
        _ path: UnsafeRawBufferPointer, _ head: RequestHead, _ bytes: UnsafeRawBufferPointer, _ exchange: Exchange
    ) -> Verdict {
        let target = unsafe exchange.normalizedTarget ?? Array(bytes[exchange.target])
        // A link's pass, and a hand-over code, stay out of the access log.
        _ = unsafe passLink(bytes, exchange)
        if unsafe RoutingTable.isPrefix(gate.routing.reservedPath, of: path) { exchange.hideQuery() }
        let name = unsafe RoutingTable.name(of: UnsafeRawBufferPointer(rebasing: bytes[exchange.host]))
        guard unsafe !name.isEmpty else { return .refuse(HeadRefusal(400, "The request names no host to be sent to.")) }
        // `OPTIONS *` is about the server as a whole.
        let wanted = target.first == UInt8(ascii: "/") ? String(decoding: target, as: UTF8.self) : "/"
        let host = unsafe String(decoding: name, as: UTF8.self)
        let location = "https://\(host)\(gate.routing.securePort)\(wanted)"
        // 301 lets old clients make a GET of a POST; for GET it is what every client and cache knows (RFC 9110 §15.4).
        let keepsMethod = head.method != .get && head.method != .head
        let response = VisitorResponse(
            status: keepsMethod ? 308 : 301, contentType: "text/plain; charset=utf-8",
            fields: [("Location", location)], body: Array("This site is reached by https.\n".utf8))
        return .respond(response, .redirected)
    }
}
