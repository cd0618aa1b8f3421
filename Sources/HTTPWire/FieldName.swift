/// The fields that the gate itself reads, sets or removes; every other one passes through untouched.
package enum FieldName: UInt8, Sendable {
    case other
    // Framing and connection (RFC 9112 §6, §9; RFC 9110 §7.6.1).
    case host, connection, contentLength, transferEncoding, expect, upgrade, te, trailer, keepAlive, proxyConnection
    // Forwarding.
    case xForwardedFor, xForwardedProto, xForwardedHost, forwarded, xRequestID, via
    // The gate's own.
    case cookie, setCookie, xAnteroomToken, xAnteroomSession
    /// One that the gate sets, spelt with `_`, which CGI and its heirs cannot tell from `-`.
    case alias
    // What verdicts and answers depend on.
    case userAgent, accept, acceptLanguage, secFetchDest, authorization, contentType, referer, origin, cacheControl
    case secWebSocketKey, secWebSocketVersion
    // W3C Trace Context.
    case traceparent, tracestate

    /// Case-insensitive, by length first, so that a foreign name costs one comparison at most.
    static func classify(_ name: UnsafeRawBufferPointer) -> FieldName {
        func `is`(_ text: StaticString, _ field: FieldName) -> FieldName {
            unsafe ByteClass.equals(name, text) ? field : .other
        }
        let first = unsafe name[0] | 0x20
        switch (name.count, first) {
        case (2, UInt8(ascii: "t")): return `is`("te", .te)
        case (3, UInt8(ascii: "v")): return `is`("via", .via)
        case (4, UInt8(ascii: "h")): return `is`("host", .host)
        case (6, UInt8(ascii: "c")): return `is`("cookie", .cookie)
        case (6, UInt8(ascii: "o")): return `is`("origin", .origin)
        case (6, UInt8(ascii: "e")): return `is`("expect", .expect)
        case (6, UInt8(ascii: "a")): return `is`("accept", .accept)
        case (7, UInt8(ascii: "u")): return `is`("upgrade", .upgrade)
        case (7, UInt8(ascii: "t")): return `is`("trailer", .trailer)
        case (7, UInt8(ascii: "r")): return `is`("referer", .referer)
        case (9, UInt8(ascii: "f")): return `is`("forwarded", .forwarded)
        case (10, UInt8(ascii: "c")): return `is`("connection", .connection)
        case (10, UInt8(ascii: "k")): return `is`("keep-alive", .keepAlive)
        case (10, UInt8(ascii: "t")): return `is`("tracestate", .tracestate)
        case (11, UInt8(ascii: "t")): return `is`("traceparent", .traceparent)
        case (10, UInt8(ascii: "u")): return `is`("user-agent", .userAgent)
        case (10, UInt8(ascii: "s")): return `is`("set-cookie", .setCookie)
        case (12, UInt8(ascii: "c")): return `is`("content-type", .contentType)
        case (12, UInt8(ascii: "x")): return `is`("x-request-id", .xRequestID)
        case (13, UInt8(ascii: "c")): return `is`("cache-control", .cacheControl)
        case (13, UInt8(ascii: "a")): return `is`("authorization", .authorization)
        case (14, UInt8(ascii: "c")): return `is`("content-length", .contentLength)
        case (14, UInt8(ascii: "s")): return `is`("sec-fetch-dest", .secFetchDest)
        case (15, UInt8(ascii: "a")): return `is`("accept-language", .acceptLanguage)
        case (15, UInt8(ascii: "x")): return `is`("x-forwarded-for", .xForwardedFor)
        case (16, UInt8(ascii: "p")): return `is`("proxy-connection", .proxyConnection)
        case (16, UInt8(ascii: "x")):
            let host = `is`("x-forwarded-host", .xForwardedHost)
            return host == .other ? `is`("x-anteroom-token", .xAnteroomToken) : host
        case (17, UInt8(ascii: "t")): return `is`("transfer-encoding", .transferEncoding)
        case (17, UInt8(ascii: "x")): return `is`("x-forwarded-proto", .xForwardedProto)
        case (17, UInt8(ascii: "s")): return `is`("sec-websocket-key", .secWebSocketKey)
        case (18, UInt8(ascii: "x")): return `is`("x-anteroom-session", .xAnteroomSession)
        case (21, UInt8(ascii: "s")): return `is`("sec-websocket-version", .secWebSocketVersion)
        default: return .other
        }
    }

    /// Whether a name that nobody knows is one of the gate's `X-` fields but for underscores.
    static func isAlias(_ name: UnsafeRawBufferPointer) -> Bool {
        guard unsafe name[0] | 0x20 == UInt8(ascii: "x"), name.count <= 20, unsafe name.contains(UInt8(ascii: "_"))
        else { return false }
        let spelt = unsafe name.map { $0 == UInt8(ascii: "_") ? UInt8(ascii: "-") : $0 }
        switch unsafe spelt.withUnsafeBytes({ unsafe classify($0) }) {
        case .xForwardedFor, .xForwardedProto, .xForwardedHost, .xRequestID, .xAnteroomToken, .xAnteroomSession:
            return true
        default: return false
        }
    }

    /// Its place in a set of names.
    var bit: UInt64 { 1 << UInt64(rawValue) }

    /// Whether a `Connection` field may not name it: the gate sets it, or a message is unsafe without it
    /// (RFC 9110 §7.6.1).
    package var isUnremovable: Bool {
        switch self {
        case .host, .contentLength, .transferEncoding, .expect, .xForwardedFor, .xForwardedProto, .xForwardedHost,
            .forwarded, .xRequestID, .via, .cookie, .setCookie, .xAnteroomToken, .xAnteroomSession, .authorization:
            true
        default: false
        }
    }
}
