import NIOCore
import NIOPosix
import RoomConfiguration
import WaitingRoom

/// Opens a connection to an origin, for visitors' requests and for checks of its health alike.
enum OriginConnector {
    /// Connects on `loop`; `initialize` adds the handlers that speak HTTP.
    static func connect(
        to origin: Origin, on loop: any EventLoop, timeout: Milliseconds,
        initialize: @escaping @Sendable (ChannelPipeline.SynchronousOperations) throws -> Void
    ) -> EventLoopFuture<any Channel> {
        ClientBootstrap(group: loop)
            .connectTimeout(.milliseconds(timeout.count))
            .channelOption(.socketOption(.tcp_nodelay), value: 1)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try initialize(channel.pipeline.syncOperations) }
            }
            .connect(host: origin.host, port: origin.port)
    }
}
