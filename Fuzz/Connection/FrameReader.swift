import HTTPWire

/// Cuts bytes into frames.
struct FrameReader {
    private var bytes: [UInt8] = []

    mutating func append(_ more: some Sequence<UInt8>) { bytes += more }

    /// The next frame that is whole.
    mutating func next() -> (head: HTTP2FrameHead, payload: [UInt8])? {
        guard bytes.count >= HTTP2FrameHead.size else { return nil }
        let head = bytes.withUnsafeBytes { HTTP2FrameHead($0) }
        guard bytes.count >= HTTP2FrameHead.size + head.length else { return nil }
        let payload = Array(bytes[HTTP2FrameHead.size..<(HTTP2FrameHead.size + head.length)])
        bytes.removeFirst(HTTP2FrameHead.size + head.length)
        return (head, payload)
    }

    /// A number of four bytes at the beginning, without its highest bit.
    static func number(_ payload: [UInt8], at offset: Int = 0) -> Int {
        payload.dropFirst(offset).prefix(4).reduce(0) { $0 << 8 | Int($1) } & 0x7fff_ffff
    }
}
