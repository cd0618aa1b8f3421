import NIOCore
import NIOEmbedded
import QueueStore
import Testing

@testable import DragonflyStore

struct CommandHandlerTests {
    private func channel() throws -> (EmbeddedChannel, CommandHandler) {
        let handler = CommandHandler(
            address: "db", timeout: .seconds(2), reader: try #require(ReplyReader()))
        let channel = EmbeddedChannel(handler: handler)
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        return (channel, handler)
    }

    private func send(_ words: String..., to channel: EmbeddedChannel, _ handler: CommandHandler) -> EventLoopFuture<
        Reply
    > {
        let promise = channel.eventLoop.makePromise(of: Reply.self)
        handler.send(Command(words), promise: promise)
        return promise.futureResult
    }

    @Test("Commands leave at once, and replies come back in their order")
    func pipelining() throws {
        let (channel, handler) = try channel()
        let first = send("GET", "é", to: channel, handler)
        let second = send("PING", to: channel, handler)
        channel.embeddedEventLoop.run()
        var out = ""
        while let part = try channel.readOutbound(as: ByteBuffer.self) { out += String(buffer: part) }
        #expect(out == "*2\r\n$3\r\nGET\r\n$2\r\né\r\n*1\r\n$4\r\nPING\r\n")
        try channel.writeInbound(ByteBuffer(string: "$1\r\nx\r"))
        try channel.writeInbound(ByteBuffer(string: "\n+PONG\r\n"))
        #expect(try first.wait() == .text("x"))
        #expect(try second.wait() == .text("PONG"))
        _ = try? channel.finish()
    }

    @Test("After a deadline the connection is given up, with all that wait")
    func deadline() throws {
        let (channel, handler) = try channel()
        let first = send("PING", to: channel, handler)
        channel.embeddedEventLoop.advanceTime(by: .seconds(1))
        let second = send("PING", to: channel, handler)
        channel.embeddedEventLoop.advanceTime(by: .seconds(10))
        for future in [first, second, send("PING", to: channel, handler)] {
            #expect(throws: StoreError.self) { try future.wait() }
        }
        #expect(!channel.isActive)
    }

    @Test(
        "A reply that nobody asked for, or that cannot be read, ends the connection", arguments: ["+OK\r\n", "?\r\n"])
    func outOfStep(text: String) throws {
        let (channel, _) = try channel()
        try channel.writeInbound(ByteBuffer(string: text))
        channel.embeddedEventLoop.run()
        #expect(!channel.isActive)
    }
}
