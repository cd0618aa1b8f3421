import NIOCore
import NIOEmbedded
import Testing

@testable import DemoShop

@Suite("A connection to the shop")
struct ConnectionTests {
    let channel = EmbeddedChannel()

    init() throws {
        try HTTPHandlers().add(to: channel.pipeline.syncOperations)
        try channel.connect(to: SocketAddress(unixDomainSocketPath: "/shop")).wait()
    }

    @Test("Pipelined requests are answered one after the other, a slow one first")
    func pipelined() throws {
        try send("GET /slow?ms=500 HTTP/1.1\r\nHost: a\r\n\r\nGET /status/404 HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try received() == "")
        channel.embeddedEventLoop.advanceTime(by: .milliseconds(500))
        let answers = try received()
        #expect(answers.hasPrefix("HTTP/1.1 200 OK\r\n"))
        #expect(answers.contains("\r\n\r\nThat took 500 ms.\nHTTP/1.1 404 Not Found\r\n"))
        #expect(answers.hasSuffix("\r\n\r\nStatus 404.\n"))
    }

    @Test("A body is written only while the connection takes it")
    func backPressure() throws {
        channel.isWritable = false
        try send("GET /download?bytes=1000000 HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try receivedBytes().readableBytes == 0)
        channel.isWritable = true
        channel.pipeline.fireChannelWritabilityChanged()
        #expect(try receivedBytes().readableBytes > 1_000_000)
    }

    @Test("A large body leaves the event loop to others after each megabyte")
    func turns() throws {
        try send("GET /download?bytes=3000000 HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try receivedBytes().readableBytes < 1_200_000)
        channel.embeddedEventLoop.run()
        channel.embeddedEventLoop.run()
        #expect(try receivedBytes().readableBytes > 1_600_000)
    }

    @Test("A client that expects it is told to continue, and then answered")
    func continues() throws {
        try send("PUT /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n")
        #expect(try received() == "HTTP/1.1 100 Continue\r\n\r\n")
        try send("123456789")
        #expect(try received().hasSuffix("{\"bytes\":9,\"crc32\":\"cbf43926\"}\n"))
    }

    @Test("An upgrade that is not WebSocket is ignored, and the connection closed behind the answer")
    func otherUpgrade() throws {
        try send("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n")
        #expect(try received().contains("\r\nConnection: close\r\n"))
        #expect(!channel.isActive)
    }

    @Test("A second request may open the WebSocket, and frames that came with it are echoed")
    func webSocket() throws {
        try send("GET /status/200 HTTP/1.1\r\nHost: a\r\n\r\n")
        _ = try received()
        var request = ByteBuffer(
            string: "GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n")
        request.writeBytes([0x81, 0x82, 1, 2, 3, 4, 0x68 ^ 1, 0x69 ^ 2])
        try channel.writeInbound(request)
        channel.embeddedEventLoop.run()
        let answer = try receivedBytes()
        #expect(String(buffer: answer).contains("\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"))
        #expect(Array(answer.readableBytesView.suffix(4)) == [0x81, 0x02, 0x68, 0x69])
    }

    private func send(_ text: String) throws { try channel.writeInbound(ByteBuffer(string: text)) }

    private func received() throws -> String { String(buffer: try receivedBytes()) }

    private func receivedBytes() throws -> ByteBuffer {
        var all = ByteBuffer()
        while let part = try channel.readOutbound(as: IOData.self) {
            guard case .byteBuffer(var bytes) = part else { continue }
            all.writeBuffer(&bytes)
        }
        while let bytes = try channel.readOutbound(as: ByteBuffer.self) { all.writeImmutableBuffer(bytes) }
        return all
    }
}
