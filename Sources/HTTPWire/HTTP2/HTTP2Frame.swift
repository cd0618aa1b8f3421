/// What begins each frame (RFC 9113 §4.1).
package struct HTTP2FrameHead: Hashable, Sendable {
    /// Bytes of a head.
    package static let size = 9

    /// Bytes of the payload.
    package var length: Int
    package var kind: UInt8
    package var flags: UInt8
    /// 0: the connection.
    package var stream: UInt32

    package init(length: Int, kind: Kind, flags: UInt8 = 0, stream: UInt32) {
        self.length = length
        self.kind = kind.rawValue
        self.flags = flags
        self.stream = stream
    }

    /// Reads the first nine of `bytes`.
    package init(_ bytes: UnsafeRawBufferPointer) {
        length = unsafe Int(bytes[0]) << 16 | Int(bytes[1]) << 8 | Int(bytes[2])
        kind = unsafe bytes[3]
        flags = unsafe bytes[4]
        // The highest bit means nothing.
        stream = unsafe UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: 5, as: UInt32.self)) & 0x7fff_ffff
    }

    package func has(_ flag: UInt8) -> Bool { flags & flag != 0 }

    /// RFC 9113 §6.
    package enum Kind: UInt8, Sendable {
        case data, headers, priority, rstStream, settings, pushPromise, ping, goAway, windowUpdate, continuation
    }

    // Flags; the first has two names.
    package static let endStream: UInt8 = 0x1
    package static let ack: UInt8 = 0x1
    package static let endHeaders: UInt8 = 0x4
    package static let padded: UInt8 = 0x8
    package static let hasPriority: UInt8 = 0x20
}

/// RFC 9113 §6.5.2, RFC 8441 §3.
package enum HTTP2Setting: UInt16, Sendable {
    case headerTableSize = 1
    case enablePush, maxConcurrentStreams, initialWindowSize, maxFrameSize, maxHeaderListSize
    case enableConnectProtocol = 8
}

/// RFC 9113 §7.
package enum HTTP2ErrorCode: UInt32, Sendable {
    case noError, protocolError, internalError, flowControlError, settingsTimeout, streamClosed, frameSizeError
    case refusedStream, cancel, compressionError, connectError, enhanceYourCalm
}

/// What a visitor may not do: it ends a stream, or the connection (RFC 9113 §5.4).
package struct HTTP2Violation: Error, Hashable, Sendable {
    package var code: HTTP2ErrorCode
    /// 0: the connection.
    package var stream: UInt32

    package init(_ code: HTTP2ErrorCode, stream: UInt32 = 0) {
        self.code = code
        self.stream = stream
    }
}
