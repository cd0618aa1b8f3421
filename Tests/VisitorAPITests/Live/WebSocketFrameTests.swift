import NIOCore
import Testing

@testable import VisitorAPI

@Suite("WebSocket frames (RFC 6455 §5)")
struct WebSocketFrameTests {
    private func masked(_ first: UInt8, _ payload: [UInt8], mask: [UInt8] = [1, 2, 3, 4]) -> [UInt8] {
        let length: [UInt8] =
            payload.count < 126
            ? [0x80 | UInt8(payload.count)] : [0xfe, UInt8(payload.count >> 8), UInt8(payload.count & 0xff)]
        return [first] + length + mask + payload.enumerated().map { $1 ^ mask[$0 & 3] }
    }

    @Test("The masked Hello of §5.7, however it is cut")
    func hello() throws {
        let bytes: [UInt8] = [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58]
        for cut in 0..<bytes.count {
            var part = ByteBuffer(bytes: bytes[..<cut])
            #expect(try WebSocketFrame(reading: &part) == nil)
            #expect(part.readableBytes == cut)
            part.writeBytes(bytes[cut...] + [0x99])
            #expect(try WebSocketFrame(reading: &part) == WebSocketFrame(opcode: .text, payload: Array("Hello".utf8)))
            #expect(part.readableBytes == 1)
        }
    }

    @Test("A longer payload has its length in two more bytes", arguments: [125, 126, 4096])
    func lengths(count: Int) throws {
        let payload = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
        var bytes = ByteBuffer(bytes: masked(0x82, payload))
        #expect(try WebSocketFrame(reading: &bytes) == WebSocketFrame(opcode: .binary, payload: payload))
        let sent = Array(WebSocketFrame(opcode: .text, payload: payload).bytes.readableBytesView)
        #expect(sent.suffix(count) == payload[...])
        #expect(
            sent.prefix(sent.count - count)
                == (count < 126 ? [0x81, 125] : [0x81, 126, UInt8(count >> 8), UInt8(count & 0xff)]))
    }

    static let refused: [(String, [UInt8], WebSocketFrame.CloseCode)] = [
        ("not masked", [0x81, 0x00], .protocolError), ("an unknown kind", [0x83, 0x80], .protocolError),
        ("a reserved bit", [0xc1, 0x80], .protocolError), ("a ping in pieces", [0x09, 0x80], .protocolError),
        ("a long ping", [0x89, 0xfe, 0, 126], .protocolError),
        ("a length of eight bytes", [0x82, 0xff], .messageTooBig),
        ("more than 4 KiB", [0x82, 0xfe, 0x10, 0x01], .messageTooBig),
    ]

    @Test("What no client may send, or nobody needs, closes with its code", arguments: refused.map(\.0))
    func refusal(name: String) throws {
        let (_, bytes, code) = try #require(Self.refused.first { $0.0 == name })
        var buffer = ByteBuffer(bytes: bytes)
        #expect(throws: code) { try WebSocketFrame(reading: &buffer) }
    }

    @Test("A close carries its code")
    func close() {
        #expect(Array(WebSocketFrame.close(.tryAgainLater).bytes.readableBytesView) == [0x88, 2, 0x03, 0xf5])
    }
}
