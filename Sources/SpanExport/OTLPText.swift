import HTTPWire
import QueueStore

/// Spans as the body of an OTLP/HTTP request in JSON (OpenTelemetry Protocol 1.x, `ExportTraceServiceRequest`), with the
/// attributes' names of the semantic conventions for HTTP servers.
enum OTLPText {
    /// `SPAN_KIND_SERVER`.
    private static let serverKind = 2
    /// `STATUS_CODE_ERROR`.
    private static let errorCode = 2
    private static let methods: Set<String> = [
        "GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "CONNECT",
    ]

    static func body(_ spans: [FinishedSpan], instance: String) -> [UInt8] {
        var json = JSONText()
        json.object {
            $0.member("resourceSpans", objects: [spans]) { json, spans in
                json.member(
                    "resource",
                    object: {
                        $0.member("attributes", objects: resource(instance)) { $0.put($1) }
                    })
                json.member("scopeSpans", objects: [spans]) { json, spans in
                    json.member("scope", object: { $0.member("name", "anteroom") })
                    json.member("spans", objects: spans) { $0.put($1) }
                }
            }
        }
        return json.bytes
    }

    private static func resource(_ instance: String) -> [Attribute] {
        [.text("service.name", "anteroom"), .text("service.instance.id", instance)]
    }

    enum Attribute {
        case text(String, String)
        case number(String, Int64)
    }

    static func attributes(of span: FinishedSpan) -> [Attribute] {
        var attributes: [Attribute] = [
            // What nobody knows would make any number of names.
            .text("http.request.method", isKnown(span.method) ? span.method : "_OTHER"),
            .text("url.path", span.path), .text("url.scheme", span.isSecure ? "https" : "http"),
            .text("server.address", span.host), .number("http.response.status_code", Int64(span.status)),
            .text("network.protocol.name", "http"), .text("network.protocol.version", span.httpVersion),
            .text("anteroom.verdict", span.verdict), .text("anteroom.request_id", span.requestID),
        ]
        if !span.room.isEmpty { attributes.append(.text("anteroom.queue_id", span.room)) }
        if let duration = span.upstreamDuration { attributes.append(.number("anteroom.upstream_us", duration)) }
        if let error = error(of: span) { attributes.append(.text("error.type", error)) }
        return attributes
    }

    static func isKnown(_ method: String) -> Bool { methods.contains(method) }

    static func error(of span: FinishedSpan) -> String? {
        span.failure ?? (span.status >= 500 ? "\(span.status)" : nil)
    }

    fileprivate static func write(_ span: FinishedSpan, _ json: inout JSONText) {
        json.member("traceId", hex { span.traceID.appendHex(to: &$0) })
        json.member("spanId", hex { span.spanID.appendHex(to: &$0) })
        if let parent = span.parentID { json.member("parentSpanId", hex { parent.appendHex(to: &$0) }) }
        json.member("name", isKnown(span.method) ? span.method : "HTTP")
        json.member("kind", serverKind)
        // 64-bit numbers are text in protobuf's JSON.
        json.member("startTimeUnixNano", "\(span.startedAt)000")
        json.member("endTimeUnixNano", "\(span.startedAt + span.duration)000")
        json.member("attributes", objects: attributes(of: span)) { $0.put($1) }
        if error(of: span) != nil { json.member("status", object: { $0.member("code", errorCode) }) }
    }

    private static func hex(_ write: (inout [UInt8]) -> Void) -> String {
        var bytes: [UInt8] = []
        write(&bytes)
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension JSONText {
    fileprivate mutating func put(_ span: FinishedSpan) { OTLPText.write(span, &self) }

    fileprivate mutating func put(_ attribute: OTLPText.Attribute) {
        switch attribute {
        case .text(let name, let value):
            member("key", name)
            member("value", object: { $0.member("stringValue", value) })
        case .number(let name, let value):
            member("key", name)
            member("value", object: { $0.member("intValue", "\(value)") })
        }
    }
}
