import NIOCore
import NIOEmbedded
import Testing

@testable import AdminAPI

/// A peer that takes what is flushed and leaves what is not.
@Suite("A connection that is written to")
struct StalledWriteHandlerTests {
    private let channel: EmbeddedChannel
    private let limit = TimeAmount.seconds(15)

    init() throws {
        channel = EmbeddedChannel(handler: StalledWriteHandler(limit: limit))
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    }

    private func write() { channel.write(ByteBuffer(string: "event"), promise: nil) }

    @Test("It is closed where nothing is taken between two looks, though more is written")
    func stalled() {
        write()
        channel.embeddedEventLoop.advanceTime(by: limit)
        #expect(channel.isActive)
        write()
        channel.embeddedEventLoop.advanceTime(by: limit)
        #expect(!channel.isActive)
    }

    @Test("It lives on while the peer takes some of it now and then")
    func slow() {
        write()
        for _ in 0..<20 {
            channel.embeddedEventLoop.advanceTime(by: limit)
            channel.flush()
            write()
        }
        #expect(channel.isActive)
    }

    @Test("It lives on while nothing waits to be taken, however long that is")
    func idle() {
        for _ in 0..<3 {
            write()
            channel.flush()
            channel.embeddedEventLoop.advanceTime(by: .hours(1))
            #expect(channel.isActive)
        }
    }
}
