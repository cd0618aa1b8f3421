import NIOCore
import NIOEmbedded
import NIOHTTP1

/// One message as NIO's decoder, which is llhttp, reads it.
struct LLHTTPReading {
    /// Of a request: method, target and version; of an answer: status and version.
    private(set) var startLine: [String] = []
    private(set) var fields: [String] = []
    private(set) var isKeepAlive = false
    private(set) var hasHead = false
    private(set) var body: [UInt8] = []
    private(set) var hasEnded = false
    private(set) var error: String?

    /// Feeds a request piece by piece; what follows the first message is not looked at.
    static func ofRequest(_ pieces: [[UInt8]]) -> LLHTTPReading {
        read(pieces, ByteToMessageHandler(HTTPRequestDecoder()), closes: false) { reading, part in
            switch part as HTTPServerRequestPart {
            case .head(let head):
                let version = "HTTP/\(head.version.major).\(head.version.minor)"
                reading.note([head.method.rawValue, head.uri, version], head.headers, head.isKeepAlive)
            case .body(let bytes): reading.body += bytes.readableBytesView
            case .end: reading.hasEnded = true
            }
        }
    }

    /// The same for the answer to a GET. The last of several heads counts, so that a 1xx may be followed by another.
    static func ofResponse(_ pieces: [[UInt8]], closes: Bool = false) -> LLHTTPReading {
        let decoder = HTTPResponseDecoder(leftOverBytesStrategy: .dropBytes, informationalResponseStrategy: .forward)
        return read(pieces, ByteToMessageHandler(decoder), closes: closes) { reading, part in
            switch part as HTTPClientResponsePart {
            case .head(let head):
                let version = "HTTP/\(head.version.major).\(head.version.minor)"
                reading.note([String(head.status.code), version], head.headers, head.isKeepAlive)
            case .body(let bytes): reading.body += bytes.readableBytesView
            case .end: reading.hasEnded = true
            }
        }
    }

    private mutating func note(_ startLine: [String], _ headers: HTTPHeaders, _ isKeepAlive: Bool) {
        hasHead = true
        self.startLine = startLine
        self.isKeepAlive = isKeepAlive
        fields = headers.map { "\($0.name): \(text(trimmed($0.value.utf8)))" }
    }

    private static func read<Part>(
        _ pieces: [[UInt8]], _ handler: any ChannelHandler, closes: Bool,
        _ note: (inout LLHTTPReading, Part) -> Void
    ) -> LLHTTPReading {
        var reading = LLHTTPReading()
        let channel = EmbeddedChannel()
        defer { _ = try? channel.finish(acceptAlreadyClosed: true) }
        do {
            try channel.pipeline.syncOperations.addHandler(handler)
            if Part.self == HTTPClientResponsePart.self {
                let request = HTTPRequestHead(version: .http1_1, method: .GET, uri: "/")
                try channel.writeOutbound(HTTPClientRequestPart.head(request))
            }
            for piece in pieces where !reading.hasEnded {
                defer { take(channel, &reading, note) }
                try channel.writeInbound(ByteBuffer(bytes: piece))
            }
            if closes {
                channel.pipeline.fireChannelInactive()
                take(channel, &reading, note)
            }
        } catch {
            if !reading.hasEnded { reading.error = "\(error)" }
        }
        return reading
    }

    private static func take<Part>(
        _ channel: EmbeddedChannel, _ reading: inout LLHTTPReading, _ note: (inout LLHTTPReading, Part) -> Void
    ) {
        while !reading.hasEnded, let part = try? channel.readInbound(as: Part.self) { note(&reading, part) }
    }
}
