import HTTPWire
import NIOCore
import RoomConfiguration

/// What is sent to the visitor. Frames gather in `out` and leave together.
extension HTTP2Connection {
    /// A frame in what has not been sent.
    struct FramePlace {
        fileprivate let offset: Int
        fileprivate let generation: Int
    }

    /// What gathers at most before it is sent, in bytes, and what may wait in the socket's queue beside it.
    private static let outLimit = 64 * 1024

    private static let usualOut = 2048

    /// More may be written for a stream. Only the socket decides, for it says when that changes.
    var isWritable: Bool { output?.isWritable ?? false }

    /// Settings of the gate, and a larger window for the connection than the one that it begins with.
    func writePreface() {
        let limits = gate.routing.gate.limits
        let settings: [(HTTP2Setting, Int)] = [
            (.maxConcurrentStreams, limits.streams), (.initialWindowSize, Self.streamWindow),
            // It counts 32 bytes more a field (RFC 9113 §6.5.2).
            (.maxHeaderListSize, limits.head + 32 * limits.fields), (.enableConnectProtocol, 1),
        ]
        writeFrame(HTTP2FrameHead(length: 6 * settings.count, kind: .settings, stream: 0))
        for (name, value) in settings {
            out.writeInteger(name.rawValue)
            out.writeInteger(UInt32(value))
        }
        writeWindowUpdate(0, by: Self.connectionWindow - Self.initialWindow)
    }

    /// Writes a header section, in several frames if it is large.
    func writeHeaders(_ block: ByteBuffer, on id: UInt32) -> FramePlace {
        hasAnnouncedTable = true
        var block = block
        let place = FramePlace(offset: out.writerIndex, generation: outGeneration)
        var kind = HTTP2FrameHead.Kind.headers
        repeat {
            let piece = block.readSlice(length: min(block.readableBytes, frameLimit)) ?? ByteBuffer()
            let flags = block.readableBytes == 0 ? HTTP2FrameHead.endHeaders : 0
            writeFrame(HTTP2FrameHead(length: piece.readableBytes, kind: kind, flags: flags, stream: id))
            out.writeImmutableBuffer(piece)
            kind = .continuation
        } while block.readableBytes > 0
        if out.readableBytes >= Self.outLimit { sendOut() }
        return place
    }

    /// - Parameter isCut: more is there for which there is no room.
    func writeData(_ bytes: ByteBuffer, on id: UInt32, isCut: Bool) -> FramePlace {
        let count = bytes.readableBytes
        sendWindow -= count
        if isCut, count < HTTP2FloodMeter.crumbSize { crumbs += 1 }
        let place = FramePlace(offset: out.writerIndex, generation: outGeneration)
        writeFrame(HTTP2FrameHead(length: count, kind: .data, stream: id))
        out.writeImmutableBuffer(bytes)
        if out.readableBytes >= Self.outLimit { sendOut() }
        return place
    }

    /// Ends the gate's side of a stream: by a flag of its last frame, if that has not been sent.
    func writeEnd(on id: UInt32, lastFrame: FramePlace?) {
        if let lastFrame, lastFrame.generation == outGeneration,
            let flags = out.getInteger(at: lastFrame.offset + 4, as: UInt8.self)
        {
            out.setInteger(flags | HTTP2FrameHead.endStream, at: lastFrame.offset + 4)
            scheduleFlush()
        } else {
            writeFrame(HTTP2FrameHead(length: 0, kind: .data, flags: HTTP2FrameHead.endStream, stream: id))
        }
    }

    func writeReset(_ id: UInt32, _ code: HTTP2ErrorCode) {
        writeFrame(HTTP2FrameHead(length: 4, kind: .rstStream, stream: id))
        out.writeInteger(code.rawValue)
    }

    /// RFC 9113 §6.8: a later one never names a higher stream, for those above were asked for elsewhere.
    func writeGoAway(lastStream: UInt32, _ code: HTTP2ErrorCode) {
        lastNamed = min(lastNamed, lastStream)
        writeFrame(HTTP2FrameHead(length: 8, kind: .goAway, stream: 0))
        out.writeInteger(lastNamed)
        out.writeInteger(code.rawValue)
    }

    func writeSettingsAcknowledgement() {
        writeFrame(HTTP2FrameHead(length: 0, kind: .settings, flags: HTTP2FrameHead.ack, stream: 0))
    }

    func writePingAcknowledgement(_ payload: ByteBuffer) {
        writeFrame(HTTP2FrameHead(length: 8, kind: .ping, flags: HTTP2FrameHead.ack, stream: 0))
        out.writeImmutableBuffer(payload)
    }

    func writeLeavingPing() {
        writeFrame(HTTP2FrameHead(length: 8, kind: .ping, stream: 0))
        out.writeString(Self.leavingPing)
    }

    private func writeWindowUpdate(_ id: UInt32, by increment: Int) {
        writeFrame(HTTP2FrameHead(length: 4, kind: .windowUpdate, stream: id))
        out.writeInteger(UInt32(increment))
    }

    private func writeFrame(_ head: HTTP2FrameHead) {
        out.writeMultipleIntegers(UInt32(head.length) << 8 | UInt32(head.kind), head.flags, head.stream)
        scheduleFlush()
    }

    // MARK: Windows

    /// Notes that `count` bytes of bodies were taken, and tells the visitor once it is worth a frame.
    /// - Parameter stream: the one whose window is given back, too; nil once nothing more may come on it.
    /// - Returns: by how much that stream's window has grown.
    func credit(_ count: Int, to stream: HTTP2Stream?) -> Int {
        untold += count
        // So soon that what is untold and seven streams whose origins take nothing leave room for an eighth.
        if untold >= Self.streamWindow / 2 {
            writeWindowUpdate(0, by: untold)
            receiveWindow += untold
            untold = 0
        }
        guard let stream else { return 0 }
        stream.untold += count
        guard stream.untold >= Self.streamWindow / 2 else { return 0 }
        let increment = stream.untold
        stream.untold = 0
        writeWindowUpdate(stream.id, by: increment)
        return increment
    }

    /// A stream has bytes for which there is no room now.
    func isWaiting(_ stream: HTTP2Stream) {
        if !waiting.contains(stream.id) { waiting.append(stream.id) }
    }

    /// Lets the streams that wait go on, each in its turn.
    func sendWaiting() {
        guard !waiting.isEmpty else { return }
        let ids = waiting
        waiting.removeAll(keepingCapacity: true)
        for id in ids { streams[id]?.sendHeld() }
    }

    // MARK: Sending

    /// Has what gathered sent when this turn of the event loop ends: answers that several origins give in one turn leave
    /// in one write.
    func scheduleFlush() {
        guard !isProcessing, !hasScheduledFlush, isOpen else { return }
        hasScheduledFlush = true
        gate.flushAtEndOfTurn(self)
    }

    /// This turn of the event loop ends.
    func turnEnded() {
        hasScheduledFlush = false
        flush()
    }

    /// Sends what gathered, and what waited for the room that this makes.
    func flush() {
        sendOut()
        while !waiting.isEmpty, isWritable {
            sendWaiting()
            guard out.readableBytes > 0 else { return }
            sendOut()
        }
    }

    private func sendOut() {
        guard let output, out.readableBytes > 0 else { return }
        output.write(out)
        // Over TLS the bytes are still read from: a new buffer of the usual size, rather than one as large as the last. And
        // a connection at rest keeps no large buffer, no connection a huge one.
        let kept = streams.isEmpty ? 16 * 1024 : 4 * Self.outLimit
        if peer.isSecure || out.capacity > kept { out = allocator.buffer(capacity: Self.usualOut) } else { out.clear() }
        outGeneration += 1
        output.flush()
    }
}
