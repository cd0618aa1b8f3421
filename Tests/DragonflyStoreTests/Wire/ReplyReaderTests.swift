import NIOCore
import Testing

@testable import DragonflyStore

struct ReplyReaderTests {
    private static let wire =
        "+OK\r\n:-42\r\n$-1\r\n$5\r\na\r\nbc\r\n*-1\r\n*3\r\n:1\r\n*1\r\n$0\r\n\r\n$-1\r\n-ERR no\r\n"
    private static let replies: [Reply] = [
        .text("OK"), .integer(-42), .null, .text("a\r\nbc"), .null, .array([.integer(1), .array([.text("")]), .null]),
        .error("ERR no"),
    ]

    private func read(_ parts: [ArraySlice<UInt8>]) throws -> [Reply] {
        let reader = try #require(ReplyReader())
        var replies: [Reply] = []
        for part in parts {
            try reader.feed(ByteBuffer(bytes: part))
            while let reply = try reader.next() { replies.append(reply) }
        }
        return replies
    }

    @Test("Replies are the same wherever the bytes are cut")
    func fragments() throws {
        let bytes = Array(Self.wire.utf8)
        for first in 0...bytes.count {
            for second in first...bytes.count {
                #expect(try read([bytes[..<first], bytes[first..<second], bytes[second...]]) == Self.replies)
            }
        }
        #expect(try read(bytes.indices.map { bytes[$0...$0] }) == Self.replies)
    }

    @Test("A text that is no UTF-8 comes as it was sent")
    func bytes() throws {
        let sent: [UInt8] = [0xff, 0, 0xc3, 0x28, 0x0d, 0x0a]
        let replies = try read([Array("$6\r\n".utf8)[...], sent[...], [0x0d, 0x0a], Array("$2\r\n\0A\r\n".utf8)[...]])
        #expect(replies.map(\.bytes) == [sent, [0, 0x41]])
    }

    @Test(
        "What is no reply is refused",
        arguments: ["!\r\n", "$x\r\n", "*2000000000\r\n", "*99999999999\r\n", "$-7\r\n", ":1a\r\n"])
    func malformed(text: String) throws {
        let reader = try #require(ReplyReader())
        #expect(throws: MalformedReply.self) {
            try reader.feed(ByteBuffer(string: text))
            while try reader.next() != nil {}
        }
    }
}
