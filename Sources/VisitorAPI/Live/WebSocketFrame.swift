import NIOCore

/// Frames of a WebSocket (RFC 6455 §5), as far as a live connection needs them: short ones, whole.
struct WebSocketFrame: Equatable {
    enum Opcode: UInt8 {
        case continuation = 0x0
        case text = 0x1
        case binary = 0x2
        case close = 0x8
        case ping = 0x9
        case pong = 0xa

        var isControl: Bool { rawValue & 0x8 != 0 }
    }

    /// RFC 6455 §7.4.1, and of the registry of §11.7 "try again later".
    enum CloseCode: UInt16, Error {
        case normalClosure = 1000
        case goingAway = 1001
        case protocolError = 1002
        case policyViolation = 1008
        case messageTooBig = 1009
        case tryAgainLater = 1013
    }

    /// Bytes of a visitor's frame: pongs, closes and short texts.
    static let payloadLimit = 4096

    var opcode: Opcode
    var payload: [UInt8] = []

    static func close(_ code: CloseCode) -> WebSocketFrame {
        WebSocketFrame(opcode: .close, payload: [UInt8(code.rawValue >> 8), UInt8(truncatingIfNeeded: code.rawValue)])
    }

    /// Reads one frame of a client, unmasked; nil if it has not come whole, and then nothing is taken.
    /// - Throws: the code to close with, for what no client may send or nobody needs to.
    init?(reading bytes: inout ByteBuffer) throws(CloseCode) {
        var reader = bytes
        guard let (first, second) = reader.readMultipleIntegers(as: (UInt8, UInt8).self) else { return nil }
        guard first & 0x70 == 0, let opcode = Opcode(rawValue: first & 0x0f), second & 0x80 != 0 else {
            // RFC 6455 §5.1: a client masks every frame. Extensions were not agreed on.
            throw .protocolError
        }
        var length = Int(second & 0x7f)
        if opcode.isControl, first & 0x80 == 0 || length > 125 { throw .protocolError }
        if length == 127 { throw .messageTooBig }
        if length == 126 {
            guard let extended = reader.readInteger(as: UInt16.self) else { return nil }
            length = Int(extended)
        }
        guard length <= Self.payloadLimit else { throw .messageTooBig }
        guard let mask = reader.readBytes(length: 4), let masked = reader.readBytes(length: length) else { return nil }
        self.opcode = opcode
        payload = masked.enumerated().map { $1 ^ mask[$0 & 3] }
        bytes = reader
    }

    init(opcode: Opcode, payload: [UInt8] = []) {
        self.opcode = opcode
        self.payload = payload
    }

    /// As a server sends it: whole, and not masked.
    var bytes: ByteBuffer {
        var out = ByteBufferAllocator().buffer(capacity: payload.count + 10)
        out.writeInteger(0x80 | opcode.rawValue)
        switch payload.count {
        case ...125: out.writeInteger(UInt8(payload.count))
        case ...Int(UInt16.max): out.writeMultipleIntegers(126 as UInt8, UInt16(payload.count))
        default: out.writeMultipleIntegers(127 as UInt8, UInt64(payload.count))
        }
        out.writeBytes(payload)
        return out
    }
}
