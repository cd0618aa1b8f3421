import NIOCore
import NIOPosix
import Testing

@testable import EdgeProxy

/// On real sockets: what the writer sends must arrive whole and in order, whoever of it and NIO sends which part.
@Suite struct SocketWriterTests {
    /// Writes when told to; reads nothing.
    private final class Sender: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        var output: SocketWriter?

        func handlerAdded(context: ChannelHandlerContext) { output = SocketWriter(context) }
        func handlerRemoved(context: ChannelHandlerContext) { output = nil }
    }

    private final class Collector: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private var received = ByteBuffer()
        private let whole: EventLoopPromise<ByteBuffer>

        init(_ whole: EventLoopPromise<ByteBuffer>) { self.whole = whole }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            var bytes = unwrapInboundIn(data)
            received.writeBuffer(&bytes)
        }

        func channelInactive(context: ChannelHandlerContext) { whole.succeed(received) }
    }

    /// Connects a sender to a reader that begins to read when `startReading` is called, and closes after `body`.
    private func transfer(_ body: @escaping @Sendable (SocketWriter, _ round: Int) -> Void, rounds: Int)
        async throws -> ByteBuffer
    {
        let group = MultiThreadedEventLoopGroup.singleton
        let whole = group.any().makePromise(of: ByteBuffer.self)
        let accepted = group.any().makePromise(of: (any Channel).self)
        let server = try await ServerBootstrap(group: group)
            .childChannelOption(.autoRead, value: false)
            .childChannelInitializer { channel in
                accepted.succeed(channel)
                return channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Collector(whole))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let client = try await ClientBootstrap(group: group)
            .channelOption(.socketOption(.so_sndbuf), value: 16 * 1024)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(Sender()) }
            }
            .connect(to: try #require(server.localAddress)).get()
        for round in 0..<rounds {
            try await client.eventLoop.submit {
                let sender = try client.pipeline.syncOperations.handler(type: Sender.self)
                guard let output = sender.output else { return }
                body(output, round)
                output.flush()
            }.get()
            if round == rounds / 2 {
                try await accepted.futureResult.get().setOption(.autoRead, value: true).get()
            }
        }
        // An empty write behind all others tells that they have left.
        try await client.writeAndFlush(ByteBuffer()).get()
        try await client.close()
        let received = try await whole.futureResult.get()
        try await server.close()
        return received
    }

    private static func block(_ index: Int, _ size: Int) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.writeRepeatingByte(UInt8(truncatingIfNeeded: index &* 31 &+ 7), count: size)
        return buffer
    }

    @Test(arguments: [1, 1000, 300_000])
    func everyByteArrivesInOrder(size: Int) async throws {
        let rounds = 40
        let received = try await transfer(
            { output, round in
                output.write(Self.block(3 * round, size))
                output.queue(Self.block(3 * round + 1, size))
                output.write(Self.block(3 * round + 2, size))
            }, rounds: rounds)
        var expected = ByteBuffer()
        for index in 0..<3 * rounds { expected.writeImmutableBuffer(Self.block(index, size)) }
        #expect(received == expected)
    }

    @Test(arguments: [(0, 0), (300, 0), (300, 13_000), (1, 300_000), (300_000, 1)])
    func headsAndBodiesArriveInOrder(head: Int, body: Int) async throws {
        let rounds = 40
        let received = try await transfer(
            { output, round in
                output.write(
                    Self.block(2 * round, head), body: Array(Self.block(2 * round + 1, body).readableBytesView))
            }, rounds: rounds)
        var expected = ByteBuffer()
        for round in 0..<rounds {
            expected.writeImmutableBuffer(Self.block(2 * round, head))
            expected.writeImmutableBuffer(Self.block(2 * round + 1, body))
        }
        #expect(received == expected)
    }

    @Test func nothingIsSentOverAClosedConnection() async throws {
        let group = MultiThreadedEventLoopGroup.singleton
        let server = try await ServerBootstrap(group: group).bind(host: "127.0.0.1", port: 0).get()
        let address = try #require(server.localAddress)
        let client = try await ClientBootstrap(group: group)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(Sender()) }
            }
            .connect(to: address).get()
        let sender = try await client.eventLoop.submit {
            NIOLoopBound(try client.pipeline.syncOperations.handler(type: Sender.self), eventLoop: client.eventLoop)
        }.get()
        try await client.eventLoop.submit {
            // The descriptor is closed when this returns, and may be another connection's by the next line.
            client.close(promise: nil)
            #expect(!client.isActive)
            sender.value.output?.write(Self.block(1, 100))
            sender.value.output?.write(Self.block(1, 100), body: [1, 2, 3])
            sender.value.output?.flush()
        }.get()
        try await server.close()
    }
}
