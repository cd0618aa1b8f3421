import HTTPWire
import NIOCore

/// One stream of an HTTP/2 connection (RFC 9113 §5): its windows and what waits for them. The `DownstreamHandler` that
/// belongs to it takes its request as it takes any other's.
final class HTTP2Stream {
    unowned let connection: HTTP2Connection
    let id: UInt32
    let body: HTTP2RequestHead.Body
    /// Set as soon as there is one.
    private(set) var downstream: DownstreamHandler?

    /// Bytes that the visitor takes.
    private(set) var sendWindow: Int
    /// Bytes that the visitor may still send.
    private var receiveWindow: Int
    /// Of those that came, what has not been given back.
    private var uncredited = 0
    /// Of those that were, what the visitor has not been told of.
    var untold = 0
    /// Tiny pieces of a body, until this turn's frames are taken.
    private var gathered = ByteBuffer()
    /// Bytes of the request's body.
    private var received = 0
    /// The visitor has ended its side.
    private(set) var inputHasEnded: Bool

    /// For header sections of the answer.
    var blockWriter: HeaderBlockWriter {
        HeaderBlockWriter(
            announcesEmptyTable: !connection.hasAnnouncedTable,
            strictTransport: connection.peer.isSecure ? connection.gate.routing.strictTransport : [])
    }

    /// Bytes of a header section at the beginning of what is written next.
    var headLength = 0
    /// What waits for a window, or for the socket.
    private var held = ByteBuffer()
    private var isSendingHeld = false
    /// Bytes of what waits that were sent since the visitor had its time anew.
    private var progress = 0
    /// So many bytes are progress, for some byte in each span would keep a stream alive for ever.
    private static let leastProgress = 1024
    /// The gate has said all, though some of it may be held.
    private(set) var outputHasEnded = false
    /// Where the last frame begins in what the connection has not sent: an end is a flag of it.
    private var lastFrame: HTTP2Connection.FramePlace?
    private var isTunnel = false
    private(set) var isOpen = true

    init(_ connection: HTTP2Connection, id: UInt32, body: HTTP2RequestHead.Body, sendWindow: Int, receiveWindow: Int) {
        self.connection = connection
        self.id = id
        self.body = body
        self.sendWindow = sendWindow
        self.receiveWindow = receiveWindow
        inputHasEnded = body == .none
    }

    func begin(_ downstream: DownstreamHandler) {
        self.downstream = downstream
        downstream.beginStream()
    }

    // MARK: From the visitor

    /// Takes a DATA frame.
    /// - Parameter size: bytes that count against the window: padding too (RFC 9113 §6.9.1).
    func receive(_ bytes: ByteBuffer, size: Int, endsStream: Bool) throws(HTTP2Violation) {
        uncredited += size
        receiveWindow -= size
        guard !inputHasEnded else { throw HTTP2Violation(.streamClosed, stream: id) }
        guard receiveWindow >= 0 else { throw HTTP2Violation(.flowControlError, stream: id) }
        received += bytes.readableBytes
        if case .plain(let length?) = body {
            // RFC 9113 §8.1.1.
            guard received <= length, !endsStream || received == length else {
                throw HTTP2Violation(.protocolError, stream: id)
            }
        }
        deliver(bytes)
        if endsStream { endInput() }
        if isOpen { creditIfRead() }
    }

    /// Takes trailers, which are dropped, as those of a chunked body are: they can only be the end.
    func receiveTrailers() throws(HTTP2Violation) {
        guard !inputHasEnded else { throw HTTP2Violation(.streamClosed, stream: id) }
        if case .plain(let length?) = body, received != length { throw HTTP2Violation(.protocolError, stream: id) }
        endInput()
    }

    /// What of a body came in tiny frames within one turn goes on in one piece: it would cost a write to the socket each.
    private func deliver(_ bytes: ByteBuffer) {
        guard bytes.readableBytes > 0 else { return }
        guard gathered.readableBytes > 0 || bytes.readableBytes < Self.gatheredSize else {
            pass(bytes)
            return
        }
        if gathered.readableBytes == 0 { connection.gathering.append(self) }
        gathered.writeImmutableBuffer(bytes)
        if gathered.readableBytes >= Self.gatheredSize { passGathered() }
    }

    private static let gatheredSize = 4096

    /// Passes on what was gathered.
    func passGathered() {
        let bytes = gathered
        gathered = ByteBuffer()
        pass(bytes)
    }

    private func pass(_ bytes: ByteBuffer) {
        guard bytes.readableBytes > 0, let downstream, !outputHasEnded || isTunnel else { return }
        defer { downstream.upstream?.flush() }
        guard body == .chunked, !isTunnel else {
            downstream.receive(bytes)
            return
        }
        var chunk = connection.allocator.buffer(capacity: bytes.readableBytes + 16)
        chunk.writeString(String(bytes.readableBytes, radix: 16))
        chunk.writeStaticString("\r\n")
        chunk.writeImmutableBuffer(bytes)
        chunk.writeStaticString("\r\n")
        downstream.receive(chunk)
    }

    private func endInput() {
        passGathered()
        inputHasEnded = true
        if isTunnel {
            downstream?.tunnelInputEnded()
        } else if body == .chunked, !outputHasEnded {
            downstream?.receive(ByteBuffer(staticString: "0\r\n\r\n"))
            downstream?.upstream?.flush()
        }
        // What is held has the end of the answer behind it.
        if isOpen, outputHasEnded, held.readableBytes == 0 { connection.finish(self) }
    }

    /// What came was taken: the visitor may send as much again.
    func read() { creditIfRead() }

    private func creditIfRead() {
        guard downstream?.mayRead ?? true else {
            downstream?.holdRead()
            return
        }
        let count = uncredited
        uncredited = 0
        receiveWindow += connection.credit(count, to: inputHasEnded ? nil : self)
    }

    /// What a stream that has ended did not read is the connection's again.
    func creditRest() {
        _ = connection.credit(uncredited, to: nil)
        uncredited = 0
    }

    // MARK: To the visitor

    var isWritable: Bool { isOpen && held.readableBytes == 0 && connection.isWritable }

    /// Bytes of an answer: a header section of `headLength`, and a body, or of a tunnel.
    func write(_ bytes: ByteBuffer) {
        guard isOpen, !outputHasEnded else { return }
        var bytes = bytes
        if headLength > 0, let head = bytes.readSlice(length: headLength) {
            headLength = 0
            lastFrame = connection.writeHeaders(head, on: id)
        }
        guard bytes.readableBytes > 0 else { return }
        if held.readableBytes == 0 { send(&bytes) }
        guard bytes.readableBytes > 0 else { return }
        held.writeBuffer(&bytes)
        connection.isWaiting(self)
        closeIfStuck()
    }

    /// A 1xx (RFC 9113 §8.1).
    func writeInterim(_ head: ByteBuffer) {
        _ = connection.writeHeaders(head, on: id)
        connection.flush()
    }

    private func send(_ bytes: inout ByteBuffer) {
        while bytes.readableBytes > 0, connection.isWritable {
            let room = min(sendWindow, connection.sendWindow, connection.frameLimit)
            guard room > 0, let piece = bytes.readSlice(length: min(room, bytes.readableBytes)) else { return }
            sendWindow -= piece.readableBytes
            lastFrame = connection.writeData(piece, on: id, isCut: bytes.readableBytes > 0)
        }
    }

    /// Sends what there is room for now.
    func sendHeld() {
        // A flush that makes the socket writable comes back here before the one that was sending has returned.
        guard isOpen, held.readableBytes > 0, !isSendingHeld else { return }
        // While it is sent it is held: nothing may overtake it.
        var bytes = held
        isSendingHeld = true
        send(&bytes)
        isSendingHeld = false
        guard isOpen else { return }
        progress += held.readableBytes - bytes.readableBytes
        held = bytes
        if held.readableBytes > 0 {
            connection.isWaiting(self)
            closeIfStuck()
            guard isOpen, progress >= Self.leastProgress else { return }
            progress = 0
            downstream?.streamProgressed()
            return
        }
        progress = 0
        held = ByteBuffer()
        if outputHasEnded { sendEnd() } else { downstream?.becameWritable() }
    }

    /// The answer is whole, or a tunnel's origin will send no more.
    func end() {
        guard isOpen, !outputHasEnded else { return }
        outputHasEnded = true
        if held.readableBytes == 0 { sendEnd() }
    }

    private func sendEnd() {
        connection.writeEnd(on: id, lastFrame: lastFrame)
        if inputHasEnded {
            connection.finish(self)
        } else if !isTunnel {
            // Whoever is still sending is told that it is not needed (RFC 9113 §8.1).
            connection.reset(self, .noError)
        }
    }

    /// The origin has agreed: from here on bytes go both ways.
    func becomeTunnel() { isTunnel = true }

    /// The tunnel's origin has gone: what it said is sent, and what the visitor says after that is of no use.
    func originIsGone() {
        guard isOpen else { return }
        isTunnel = false
        if !outputHasEnded {
            end()
        } else if held.readableBytes == 0 {
            connection.reset(self, .noError)
        }
    }

    /// Ends the stream where it cannot be ended well.
    func close() {
        guard isOpen else { return }
        if isTunnel {
            if !outputHasEnded, held.readableBytes == 0 { connection.writeEnd(on: id, lastFrame: lastFrame) }
            outputHasEnded = true
            connection.reset(self, .cancel)
        } else {
            connection.reset(self, .internalError)
        }
        connection.flush()
    }

    /// The connection brings nothing more: a tunnel's visitor has said all, and half a request is none.
    func inputIsLost() {
        guard isOpen else { return }
        if inputHasEnded {
            closeIfStuck()
        } else if isTunnel {
            endInput()
            closeIfStuck()
        } else {
            connection.finish(self)
        }
    }

    /// A visitor who has closed its side will not widen a window: mostly it has gone altogether.
    private func closeIfStuck() {
        let hasWindow = min(sendWindow, connection.sendWindow) > 0
        guard connection.inputIsClosed, held.readableBytes > 0, !hasWindow else { return }
        connection.reset(self, .cancel)
    }

    /// The connection has let go of it.
    func closed() {
        guard isOpen else { return }
        isOpen = false
        held = ByteBuffer()
        let downstream = downstream
        self.downstream = nil
        downstream?.ended()
    }

    /// Takes a WINDOW_UPDATE.
    func widen(by increment: Int) throws(HTTP2Violation) {
        sendWindow += increment
        guard sendWindow <= HTTP2Connection.largestWindow else {
            throw HTTP2Violation(.flowControlError, stream: id)
        }
        sendHeld()
    }

    /// The visitor has changed all windows; one may get below zero (RFC 9113 §6.9.2).
    func shiftWindow(by difference: Int) throws(HTTP2Violation) {
        sendWindow += difference
        guard sendWindow <= HTTP2Connection.largestWindow else { throw HTTP2Violation(.flowControlError) }
    }
}
