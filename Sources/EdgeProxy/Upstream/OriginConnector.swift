import NIOCore
import NIOPosix
import RoomConfiguration
import WaitingRoom

/// Opens a connection to an origin, for visitors' requests and for checks of its health alike.
enum OriginConnector {
    /// Connects on `loop`; `initialize` adds the handlers that speak HTTP.
    /// - Parameters:
    ///   - timeout: for the connection.
    ///   - handshake: for that of TLS, after it.
    /// - Returns: ends with TLS's handshake, where there is one, or with an `UpstreamFailure` that says what is wrong there.
    static func connect(
        to origin: Origin, tls: OriginSecurity?, on loop: any EventLoop, timeout: Milliseconds, handshake: Milliseconds,
        initialize: @escaping @Sendable (ChannelPipeline.SynchronousOperations) throws -> Void
    ) -> EventLoopFuture<any Channel> {
        let secured = tls.map { _ in loop.makePromise(of: Void.self) }
        let connected = ClientBootstrap(group: loop)
            .connectTimeout(.milliseconds(timeout.count))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.allowRemoteHalfClosure, value: true)
            // What was read while a visitor takes nothing is held in memory: one piece, not several.
            .channelOption(.maxMessagesPerRead, value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if let tls, let secured {
                        try OriginHandshake(with: origin, tls, within: handshake, done: secured).begin(on: pipeline)
                    }
                    try initialize(pipeline)
                }
            }
            .connect(host: origin.host, port: origin.port)
        guard let secured else { return connected }
        connected.whenFailure { secured.fail($0) }
        return connected.flatMap { channel in secured.futureResult.map { channel } }
    }
}
