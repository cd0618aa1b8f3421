import HTTPWire
import NIOCore
import RoomConfiguration
import WaitingRoom

/// How streams and the connection end (RFC 9113 §5.4, §6.8).
extension HTTP2Connection {
    static let leavingPing = "anteroom"

    // MARK: Streams

    /// Lets go of a stream that has come to its end, or that the visitor has reset.
    func finish(_ stream: HTTP2Stream) {
        guard streams.removeValue(forKey: stream.id) != nil else { return }
        waiting.removeAll { $0 == stream.id }
        stream.creditRest()
        stream.closed()
        guard streams.isEmpty, isOpen else { return }
        switch state {
        case .open: if !hasHeadDeadline, !holdsFrames { gate.deadlines.set(slot, after: gate.timeouts.idle) }
        case .lastStreamNamed: end()
        case .preface, .settings, .leaving, .ending, .closed: break
        }
    }

    /// Tells the visitor that a stream is not served any further.
    func reset(_ stream: HTTP2Stream, _ code: HTTP2ErrorCode) {
        guard streams[stream.id] === stream else { return }
        writeReset(stream.id, code)
        if !stream.inputHasEnded { abandon(stream.id) }
        finish(stream)
    }

    /// What still comes on a stream that is not served is dropped.
    func abandon(_ id: UInt32) {
        if abandoned.count == Self.abandonedLimit { abandoned.removeFirst() }
        abandoned.append(id)
    }

    /// As many as a visitor may cause before its connection ends.
    private static let abandonedLimit = 200

    func closeStreams() {
        let open = streams
        streams.removeAll()
        waiting.removeAll()
        for stream in open.values { stream.closed() }
    }

    // MARK: The connection

    func deadlinePassed() {
        switch state {
        case .preface, .settings: closeNow()
        case .ending: if !hasSentMore() { closeNow() }
        case .open: if streams.isEmpty { drain() } else { fail(.enhanceYourCalm) }
        case .leaving: nameLastStream()
        case .lastStreamNamed: fail(.enhanceYourCalm)
        case .closed: break
        }
    }

    /// Tells the visitor that no more streams are wanted; those on their way are still served.
    func drain() {
        switch state {
        case .open: break
        case .preface, .settings:
            fail(.noError)
            return
        case .leaving, .lastStreamNamed, .ending, .closed: return
        }
        state = .leaving
        writeGoAway(lastStream: UInt32(Self.largestWindow), .noError)
        writeLeavingPing()
        flush()
        guard isOpen else { return }
        gate.deadlines.set(slot, after: .seconds(1))
    }

    /// All that had been sent before the visitor knew of the end has come.
    func nameLastStream() {
        guard case .leaving = state else { return }
        writeGoAway(lastStream: highest, .noError)
        nothingMoreComes()
    }

    /// Nothing more will be asked; what was asked is answered.
    func nothingMoreComes() {
        switch state {
        case .open, .leaving: state = .lastStreamNamed
        case .preface, .settings:
            closeNow()
            return
        case .lastStreamNamed, .ending, .closed: return
        }
        gate.deadlines.clear(slot)
        if streams.isEmpty { end() }
    }

    /// Ends the connection for what the visitor has done.
    func fail(_ code: HTTP2ErrorCode) {
        switch state {
        case .ending, .closed: return
        case .preface, .settings, .open, .leaving, .lastStreamNamed: break
        }
        writeGoAway(lastStream: highest, code)
        closeStreams()
        end()
    }

    /// Closes the sending side once the socket has taken what was written. The other side is listened to until the
    /// visitor closes it, or for a while: bytes that nobody reads would make the system reset the connection, and what
    /// the visitor has not read yet would be lost.
    private func end() {
        state = .ending
        flush()
        guard let context, isOpen else { return }
        unsent = output?.unsentBytes ?? 0
        gate.deadlines.set(slot, after: gate.timeouts.bodyProgress)
        let written = context.eventLoop.makePromise(of: Void.self)
        context.writeAndFlush(wrapOutboundOut(ByteBuffer()), promise: written)
        written.futureResult.assumeIsolated().whenComplete { [self] _ in
            unsent = 0
            gate.deadlines.set(slot, after: .seconds(5))
            output?.closeOutput()
        }
    }

    /// Whether the visitor has taken some of its last bytes since this was asked last; if so it has its time anew.
    private func hasSentMore() -> Bool {
        let left = output?.unsentBytes ?? 0
        guard left < unsent else { return false }
        unsent = left
        gate.deadlines.set(slot, after: gate.timeouts.bodyProgress)
        return true
    }

    var idleTime: Milliseconds? {
        guard case .open = state, streams.isEmpty, let left = gate.deadlines.left(slot) else { return nil }
        return Milliseconds(max(0, gate.timeouts.idle.count - left.count))
    }

    func closeNow() { output?.close() }
}
