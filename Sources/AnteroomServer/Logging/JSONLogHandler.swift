package import Logging
package import OTLPTracing
import QueueStore
package import WaitingRoom

/// Writes each event as one line of JSON, with the names of OpenTelemetry's data model for logs (1.x).
package struct JSONLogHandler: LogHandler {
    /// Of a message, or of one text in the metadata, in bytes.
    static let textLimit = 4096
    /// Attributes that come when the line has this many bytes are left out and counted.
    static let lineLimit = 32 * 1024
    /// How deep dictionaries of metadata are written as objects; below it they are text.
    private static let depthLimit = 4

    package var logLevel = Logger.Level.info
    package var metadata: Logger.Metadata = [:]
    package var metadataProvider: Logger.MetadataProvider?
    private let label: String
    private let resource: ServiceResource
    private let clock: @Sendable () -> Timestamp
    private let write: @Sendable ([UInt8]) -> Void

    /// - Parameter write: takes a whole line, from any thread.
    package init(
        label: String, resource: ServiceResource, metadataProvider: Logger.MetadataProvider?,
        clock: @escaping @Sendable () -> Timestamp, write: @escaping @Sendable ([UInt8]) -> Void
    ) {
        self.label = label
        self.resource = resource
        self.metadataProvider = metadataProvider
        self.clock = clock
        self.write = write
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        var attributes = metadata
        let provided = metadataProvider?.get() ?? [:]
        attributes.merge(provided) { $1 }
        attributes.merge(event.metadata ?? [:]) { $1 }
        if let error = event.error {
            attributes["exception.type"] = "\(type(of: error))"
            attributes["exception.message"] = "\(error)"
        }
        // The model has places of its own for these.
        for key in [TraceMetadata.traceID, TraceMetadata.spanID] where provided[key] != nil { attributes[key] = nil }
        var json = JSONText()
        json.object { json in
            json.member("Timestamp", clock())
            json.member("SeverityText", event.level.rawValue)
            json.member("SeverityNumber", event.level.severityNumber)
            json.member("Body", event.message.description.prefix(bytes: Self.textLimit))
            if let id = provided[TraceMetadata.traceID] { json.member("TraceId", "\(id)") }
            if let id = provided[TraceMetadata.spanID] { json.member("SpanId", "\(id)") }
            json.member(
                "Resource",
                object: { for attribute in resource.attributes { $0.member(attribute.name, attribute.value) } })
            json.member("InstrumentationScope", object: { $0.member("Name", label) })
            var dropped = 0
            json.member("Attributes", object: { Self.put(attributes, into: &$0, depth: 0, &dropped) })
            if dropped > 0 { json.member("DroppedAttributesCount", dropped) }
        }
        write(json.bytes + [UInt8(ascii: "\n")])
    }

    private static func put(_ metadata: Logger.Metadata, into json: inout JSONText, depth: Int, _ dropped: inout Int) {
        for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
            guard json.bytes.count < lineLimit else {
                dropped += 1
                continue
            }
            let key = key.prefix(bytes: textLimit)
            switch value {
            case .dictionary(let entries) where depth < depthLimit:
                json.member(key, object: { put(entries, into: &$0, depth: depth + 1, &dropped) })
            case .array(let values):
                // As many as a text may have bytes, whatever they are.
                var room = textLimit
                let texts = values.map { "\($0)" }.prefix {
                    room -= $0.utf8.count + 3
                    return room >= 0
                }
                dropped += texts.count < values.count ? 1 : 0
                json.member(key, strings: Array(texts))
            case .string, .stringConvertible, .dictionary:
                json.member(key, "\(value)".prefix(bytes: textLimit))
            }
        }
    }
}

extension Logger.Level {
    /// The model's ranges are TRACE 1, DEBUG 5, INFO 9, WARN 13, ERROR 17 and FATAL 21, of four steps each.
    fileprivate var severityNumber: Int {
        switch self {
        case .trace: 1
        case .debug: 5
        case .info: 9
        case .notice: 10
        case .warning: 13
        case .error: 17
        case .critical: 21
        }
    }
}
