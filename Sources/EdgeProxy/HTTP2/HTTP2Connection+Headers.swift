import HTTPWire
import NIOCore
import RoomConfiguration

/// A header block in several frames.
struct HeaderBlock {
    let stream: UInt32
    let endsStream: Bool
    var bytes: ByteBuffer
    var frames = 1
}

/// Header sections of requests, and trailers (RFC 9113 §4.3, §8).
extension HTTP2Connection {
    /// More pieces than a head within the limits could need (CVE-2024-27316).
    private static let blockFrameLimit = 64

    func takeHeaders(_ head: HTTP2FrameHead, _ payload: ByteBuffer) throws(HTTP2Violation) {
        try onStream(head)
        if head.stream % 2 == 0 { throw HTTP2Violation(.protocolError) }
        var fragment = payload
        try unpad(head, &fragment)
        if head.has(HTTP2FrameHead.hasPriority) {
            guard fragment.readableBytes >= 5 else { throw HTTP2Violation(.frameSizeError) }
            fragment.moveReaderIndex(forwardBy: 5)
        }
        let endsStream = head.has(HTTP2FrameHead.endStream)
        guard head.has(HTTP2FrameHead.endHeaders) else {
            var bytes = allocator.buffer(capacity: 2 * fragment.readableBytes)
            bytes.writeBuffer(&fragment)
            block = HeaderBlock(stream: head.stream, endsStream: endsStream, bytes: bytes)
            return
        }
        try takeBlock(fragment, stream: head.stream, endsStream: endsStream)
    }

    func takeContinuation(_ head: HTTP2FrameHead, _ payload: ByteBuffer) throws(HTTP2Violation) {
        guard var block else { throw HTTP2Violation(.protocolError) }
        self.block = nil
        var fragment = payload
        block.frames += 1
        block.bytes.writeBuffer(&fragment)
        if head.length == 0 { try count(.empty) }
        guard block.frames <= Self.blockFrameLimit, block.bytes.readableBytes <= 2 * gate.routing.gate.limits.head
        else { throw HTTP2Violation(.enhanceYourCalm) }
        if head.has(HTTP2FrameHead.endHeaders) {
            try takeBlock(block.bytes, stream: block.stream, endsStream: block.endsStream)
        } else {
            self.block = block
        }
    }

    private func takeBlock(_ bytes: ByteBuffer, stream id: UInt32, endsStream: Bool) throws(HTTP2Violation) {
        headEnded()
        // Whatever becomes of it, the block has to be read: it may change the table.
        let head = gate.http2Head
        // Twice the limit, so that one above it gets its 431.
        if streams[id] == nil { head.begin(limit: 2 * gate.routing.gate.limits.head) } else { head.beginTrailers() }
        let result: Result<Void, HPACKError> = unsafe bytes.withUnsafeReadableBytes { block in
            do throws(HPACKError) {
                return .success(try unsafe decoder.decode(block, scratch: gate.hpackScratch, to: head))
            } catch {
                return .failure(error)
            }
        }
        if case .failure = result { throw HTTP2Violation(.compressionError) }
        if let stream = streams[id] {
            guard endsStream, head.areTrailersSound else { throw HTTP2Violation(.protocolError, stream: id) }
            try stream.receiveTrailers()
            return
        }
        guard id > highest else {
            if abandoned.contains(id) { return }
            throw HTTP2Violation(.streamClosed)
        }
        highest = id
        try open(id, endsStream: endsStream)
    }

    private func open(_ id: UInt32, endsStream: Bool) throws(HTTP2Violation) {
        switch state {
        case .open, .leaving: break
        case .lastStreamNamed:
            // The visitor knows which was the last, and asks again elsewhere (RFC 9113 §6.8).
            abandon(id)
            try count(.resets)
            return
        case .preface, .settings, .ending, .closed: return
        }
        guard streams.count < gate.routing.gate.limits.streams else {
            throw HTTP2Violation(.refusedStream, stream: id)
        }
        let head = gate.http2Head
        let outcome = head.finish(endsStream: endsStream, webSocketKey: WebSocketKey.random)
        let refusal: HeadRefusal?
        let body: HTTP2RequestHead.Body
        switch outcome {
        case .malformed: throw HTTP2Violation(.protocolError, stream: id)
        case .tooLarge:
            refusal = HeadRefusal(431, "The request head is too large.")
            body = endsStream ? .none : .chunked
        case .foreignTunnel:
            refusal = HeadRefusal(501, "The only tunnels are WebSockets.")
            body = .tunnel
        case .head(let framing):
            refusal = nil
            body = framing
        }
        gate.counters.http2Streams += 1
        if streams.isEmpty { gate.deadlines.clear(slot) }
        let stream = HTTP2Stream(
            self, id: id, body: body, sendWindow: peerWindow, receiveWindow: Self.streamWindow)
        streams[id] = stream
        let downstream = DownstreamHandler(gate: gate, peer: peer, service: service, stream: stream)
        stream.begin(downstream)
        if let refusal {
            downstream.refuse(refusal)
        } else {
            unsafe head.withBytes { unsafe downstream.takeStreamHead($0) }
        }
    }
}
