import HTTPWire
import HTTPWireProperties
import NIOCore
import NIOHPACK

/// A visitor who believes nothing: what the gate sends must be what RFC 9113 allows after what the visitor has sent.
struct VisitorView {
    private struct Stream {
        /// The final head has come.
        var hasHead = false
        var hasEnded = false
        /// At most so many bytes of bodies may come.
        var window: Int
    }

    private let input: [UInt8]
    private var sent = FrameReader()
    private var received = FrameReader()
    private var decoder = HPACKDecoder(allocator: ByteBufferAllocator())
    private var streams: [UInt32: Stream] = [:]
    private var highest: UInt32 = 0
    private var window = 65_535
    /// The largest that the visitor's settings ever had.
    private var streamWindow = 65_535
    private var lastNamed = 0x7fff_ffff
    private var isFirst = true
    private var block: (stream: UInt32, bytes: [UInt8], endsStream: Bool)?

    init(_ input: [UInt8]) { self.input = input }

    // MARK: What the visitor sends

    mutating func send(_ bytes: [UInt8]) {
        sent.append(bytes)
        while let (head, payload) = sent.next() {
            switch HTTP2FrameHead.Kind(rawValue: head.kind) {
            case .headers:
                highest = max(highest, head.stream)
                if streams[head.stream] == nil { streams[head.stream] = Stream(window: streamWindow) }
            case .windowUpdate where head.stream == 0: window += FrameReader.number(payload)
            case .windowUpdate: streams[head.stream]?.window += FrameReader.number(payload)
            case .settings:
                for start in stride(from: 0, to: payload.count - 5, by: 6)
                where payload[start] == 0 && payload[start + 1] == UInt8(HTTP2Setting.initialWindowSize.rawValue) {
                    widen(to: FrameReader.number(payload, at: start + 2))
                }
            default: break
            }
        }
    }

    private mutating func widen(to size: Int) {
        guard size > streamWindow else { return }
        for id in streams.keys { streams[id]?.window += size - streamWindow }
        streamWindow = size
    }

    // MARK: What it gets

    mutating func take(_ bytes: some Sequence<UInt8>) throws(Finding) {
        received.append(bytes)
        while let (head, payload) = received.next() { try take(head, payload) }
    }

    private mutating func take(_ head: HTTP2FrameHead, _ payload: [UInt8]) throws(Finding) {
        let kind = HTTP2FrameHead.Kind(rawValue: head.kind)
        try require(!isFirst || kind == .settings && !head.has(HTTP2FrameHead.ack), "The first frame is no SETTINGS")
        isFirst = false
        try require(head.length <= 16_384, "A frame of \(head.length) bytes")
        try require(block == nil || kind == .continuation, "A header block is cut in two")
        switch kind {
        case .data: try takeData(head, payload)
        case .headers:
            let stream = streams[head.stream]
            try require(stream != nil && stream?.hasEnded == false, "HEADERS on stream \(head.stream)")
            block = (head.stream, payload, head.has(HTTP2FrameHead.endStream))
            if head.has(HTTP2FrameHead.endHeaders) { try takeBlock() }
        case .continuation:
            try require(block?.stream == head.stream, "CONTINUATION on stream \(head.stream)")
            block?.bytes += payload
            if head.has(HTTP2FrameHead.endHeaders) { try takeBlock() }
        case .rstStream:
            try require(head.length == 4 && head.stream > 0, "A malformed RST_STREAM")
            try require(head.stream <= highest, "RST_STREAM on stream \(head.stream), which is idle")
            streams[head.stream]?.hasEnded = true
        case .settings: try require(head.stream == 0 && head.length % 6 == 0, "A malformed SETTINGS")
        case .ping: try require(head.stream == 0 && head.length == 8, "A malformed PING")
        case .goAway:
            try require(head.stream == 0 && head.length >= 8, "A malformed GOAWAY")
            let last = FrameReader.number(payload)
            try require(last <= lastNamed, "GOAWAY names \(last) after \(lastNamed)")
            lastNamed = last
        case .windowUpdate:
            try require(head.length == 4 && FrameReader.number(payload) > 0, "A malformed WINDOW_UPDATE")
            try require(head.stream <= highest, "WINDOW_UPDATE on stream \(head.stream), which is idle")
        case .priority, .pushPromise, nil: try require(false, "A frame of kind \(head.kind)")
        }
    }

    private mutating func takeData(_ head: HTTP2FrameHead, _ payload: [UInt8]) throws(Finding) {
        guard var stream = streams[head.stream] else { throw Finding("DATA on stream \(head.stream)", input) }
        try require(
            stream.hasHead && !stream.hasEnded, "DATA on stream \(head.stream), which has no head or is over")
        stream.window -= payload.count
        window -= payload.count
        try require(stream.window >= 0 && window >= 0, "More DATA than the windows allow on stream \(head.stream)")
        stream.hasEnded = head.has(HTTP2FrameHead.endStream)
        streams[head.stream] = stream
    }

    private mutating func takeBlock() throws(Finding) {
        guard let block else { return }
        self.block = nil
        var bytes = ByteBuffer(bytes: block.bytes)
        guard let fields = try? decoder.decodeHeaders(from: &bytes), let status = fields.first(name: ":status") else {
            throw Finding("A header block that NIO does not read, or without a status", input)
        }
        try require(streams[block.stream]?.hasHead == false, "A second head on stream \(block.stream)")
        try require(!status.hasPrefix("1") || !block.endsStream, "A 1xx ends stream \(block.stream)")
        streams[block.stream]?.hasHead = !status.hasPrefix("1")
        streams[block.stream]?.hasEnded = block.endsStream
    }

    private func require(_ holds: Bool, _ rule: @autoclosure () -> String) throws(Finding) {
        guard holds else { throw Finding(rule(), input) }
    }
}
