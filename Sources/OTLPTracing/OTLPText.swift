import HTTPWire
import QueueStore
import Tracing

/// Spans as the body of an OTLP/HTTP request in JSON (OpenTelemetry Protocol 1.x, `ExportTraceServiceRequest`).
enum OTLPText {
    /// Of a text in an attribute, in bytes.
    static let textLimit = 1024

    static func body(_ spans: [SpanData], _ resource: ServiceResource) -> [UInt8] {
        var json = JSONText()
        json.object {
            $0.member("resourceSpans", objects: [spans]) { json, spans in
                json.member(
                    "resource",
                    object: {
                        $0.member("attributes", objects: resource.attributes) { json, attribute in
                            json.put(attribute.name, .string(attribute.value))
                        }
                    })
                json.member("scopeSpans", objects: [spans]) { json, spans in
                    json.member("scope", object: { $0.member("name", "anteroom") })
                    json.member("spans", objects: spans) { $0.put($1) }
                }
            }
        }
        return json.bytes
    }

    /// A server's answer of 5xx is an error, whoever made its span.
    static func isError(_ span: SpanData) -> Bool {
        if let status = span.status { return status.code == .error }
        if span.attributes.get("error.type") != nil { return true }
        guard span.kind == .server, case .int64(let code) = span.attributes.get("http.response.status_code") else {
            return false
        }
        return code >= 500
    }
}

extension JSONText {
    fileprivate mutating func put(_ span: SpanData) {
        put(span.identity.own, span.state)
        if let parent = span.identity.parentID { member("parentSpanId", parent.hex) }
        member("name", span.name.prefix(bytes: OTLPText.textLimit))
        member("kind", span.kind.number)
        // 64-bit numbers are text in protobuf's JSON.
        member("startTimeUnixNano", "\(span.startedAt)")
        member("endTimeUnixNano", "\(span.endedAt)")
        put(span.attributes)
        if !span.events.isEmpty {
            member("events", objects: span.events) { json, event in
                json.member("name", event.name)
                json.member("timeUnixNano", "\(event.nanosecondsSinceEpoch)")
                json.put(event.attributes)
            }
        }
        let links = span.links.compactMap { link in link.context.span.map { (span: $0, link.attributes) } }
        if !links.isEmpty {
            member("links", objects: links) { json, link in
                json.put(link.span.parent, link.span.state)
                json.put(link.1)
            }
        }
        if OTLPText.isError(span) {
            // `STATUS_CODE_ERROR`.
            member(
                "status",
                object: { status in
                    status.member("code", 2)
                    if let message = span.status?.message {
                        status.member("message", message.prefix(bytes: OTLPText.textLimit))
                    }
                })
        }
    }

    private mutating func put(_ parent: TraceParent, _ state: String?) {
        member("traceId", parent.traceID.hex)
        member("spanId", parent.spanID.hex)
        if let state { member("traceState", state) }
    }

    private mutating func put(_ attributes: SpanAttributes) {
        var all: [(name: String, value: SpanAttribute)] = []
        attributes.forEach { all.append(($0, $1)) }
        all.sort { $0.name < $1.name }
        member("attributes", objects: Array(all.prefix(SpanData.attributeLimit))) { $0.put($1.name, $1.value) }
        if all.count > SpanData.attributeLimit {
            member("droppedAttributesCount", all.count - SpanData.attributeLimit)
        }
    }

    fileprivate mutating func put(_ name: String, _ value: SpanAttribute) {
        member("key", name.prefix(bytes: OTLPText.textLimit))
        member("value", object: { $0.put(value) })
    }

    private mutating func put(_ value: SpanAttribute) {
        switch value {
        case .int32(let number): member("intValue", "\(number)")
        case .int64(let number): member("intValue", "\(number)")
        case .double(let number): member("doubleValue", number)
        case .bool(let flag): member("boolValue", flag)
        case .string(let text): member("stringValue", text.prefix(bytes: OTLPText.textLimit))
        case .int32Array(let numbers): put(numbers.map { .int32($0) })
        case .int64Array(let numbers): put(numbers.map { .int64($0) })
        case .doubleArray(let numbers): put(numbers.map { .double($0) })
        case .boolArray(let flags): put(flags.map { .bool($0) })
        case .stringArray(let texts): put(texts.map { .string($0) })
        case .stringConvertible(let value): put(.string("\(value)"))
        case .stringConvertibleArray(let values): put(values.map { .string("\($0)") })
        default: member("stringValue", "")
        }
    }

    private mutating func put(_ values: [SpanAttribute]) {
        member(
            "arrayValue",
            object: {
                $0.member("values", objects: Array(values.prefix(SpanData.attributeLimit))) { $0.put($1) }
            })
    }
}

extension SpanKind {
    /// Of the protocol's `SpanKind`.
    fileprivate var number: Int {
        switch self {
        case .internal: 1
        case .server: 2
        case .client: 3
        case .producer: 4
        case .consumer: 5
        }
    }
}
