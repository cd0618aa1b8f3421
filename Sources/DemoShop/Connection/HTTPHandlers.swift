import NIOCore
import NIOHTTP1
import NIOWebSocket

/// The handlers of one connection while it speaks HTTP, and their exchange for those of WebSocket.
///
/// NIO's own `HTTPServerUpgradeHandler` upgrades only the first request of a connection; a proxy may send an upgrade on
/// a connection that has been used before.
struct HTTPHandlers {
    static let maxWebSocketFrame = 16 * 1024 * 1024

    private let encoder: HTTPResponseEncoder
    private let decoder = ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .forwardBytes))
    private let pipelining = HTTPServerPipelineHandler()
    private let errors = HTTPServerProtocolErrorHandler()

    init() {
        var configuration = HTTPResponseEncoder.Configuration()
        // Or it would make every body without a length chunked, and change the framing fields of HEAD and 304.
        configuration.automaticallySetFramingHeaders = false
        encoder = HTTPResponseEncoder(configuration: configuration)
    }

    func add(to pipeline: ChannelPipeline.SynchronousOperations) throws {
        try pipeline.addHandler(encoder)
        try pipeline.addHandler(decoder)
        try pipeline.addHandler(pipelining)
        try pipeline.addHandler(errors)
        try pipeline.addHandler(ShopConnection(handlers: self))
    }

    /// To be called once the 101 has been written. The decoder goes last: bytes that came behind the request then reach
    /// the WebSocket decoder.
    func replace(_ connection: ShopConnection, in pipeline: ChannelPipeline.SynchronousOperations) throws {
        pipeline.removeHandler(errors, promise: nil)
        pipeline.removeHandler(pipelining, promise: nil)
        pipeline.removeHandler(encoder, promise: nil)
        try pipeline.addHandler(WebSocketFrameEncoder())
        try pipeline.addHandler(
            ByteToMessageHandler(WebSocketFrameDecoder(maxFrameSize: Self.maxWebSocketFrame)))
        try pipeline.addHandler(WebSocketProtocolErrorHandler(isServer: true))
        try pipeline.addHandler(WebSocketEcho())
        pipeline.removeHandler(connection, promise: nil)
        pipeline.removeHandler(decoder, promise: nil)
    }
}
