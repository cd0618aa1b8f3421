import HTTPWire
import NIOCore

/// What the visitor sends (RFC 9113 §4 to §6).
extension HTTP2Connection {
    static let preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

    /// Takes the whole frames that `bytes` begins with.
    /// - Returns: false if it stopped before one because the visitor does not take what it is sent. Answers without bodies
    ///   need no window, so that those to one read would gather without bound.
    func process(_ bytes: inout ByteBuffer) -> Bool {
        var isDone = true
        do throws(HTTP2Violation) {
            if case .preface = state {
                let count = Self.preface.utf8.count
                guard bytes.readableBytesView.prefix(count).elementsEqual(Self.preface.utf8.prefix(bytes.readableBytes))
                else { throw HTTP2Violation(.protocolError) }
                guard bytes.readableBytes >= count else { return true }
                bytes.moveReaderIndex(forwardBy: count)
                state = .settings
            }
            while isOpen, bytes.readableBytes >= HTTP2FrameHead.size {
                let head = unsafe bytes.withUnsafeReadableBytes { unsafe HTTP2FrameHead($0) }
                guard head.length <= Self.initialFrameLimit else { throw HTTP2Violation(.frameSizeError) }
                guard bytes.readableBytes >= HTTP2FrameHead.size + head.length else { break }
                isDone = isWritable
                guard isDone || isEnding else { break }
                bytes.moveReaderIndex(forwardBy: HTTP2FrameHead.size)
                let payload = bytes.readSlice(length: head.length) ?? ByteBuffer()
                try takeOrReset(head, payload)
            }
        } catch {
            fail(error.code)
        }
        passGathered()
        guard isEnding else { return isDone }
        bytes.clear()
        return true
    }

    private var isEnding: Bool {
        if case .ending = state { true } else { false }
    }

    private func passGathered() {
        guard !gathering.isEmpty else { return }
        let streams = gathering
        gathering.removeAll()
        for stream in streams { stream.passGathered() }
    }

    /// A violation of a stream's rules ends that stream; its connection goes on.
    private func takeOrReset(_ head: HTTP2FrameHead, _ payload: ByteBuffer) throws(HTTP2Violation) {
        do throws(HTTP2Violation) {
            try take(head, payload)
        } catch {
            guard error.stream > 0 else { throw error }
            try count(.resets)
            if let stream = streams[error.stream] {
                reset(stream, error.code)
            } else {
                writeReset(error.stream, error.code)
                abandon(error.stream)
            }
        }
    }

    private func take(_ head: HTTP2FrameHead, _ payload: ByteBuffer) throws(HTTP2Violation) {
        let kind = HTTP2FrameHead.Kind(rawValue: head.kind)
        if let block {
            guard kind == .continuation, head.stream == block.stream else { throw HTTP2Violation(.protocolError) }
        } else if case .settings = state {
            guard kind == .settings, !head.has(HTTP2FrameHead.ack) else { throw HTTP2Violation(.protocolError) }
            state = .open
            restOrRun()
            if gate.isDraining {
                // It came in while the gate was ending; not now, in the middle of its frames.
                let bound = NIOLoopBound(self, eventLoop: gate.loop)
                gate.loop.execute { bound.value.drain() }
            }
        } else if case .ending = state {
            return
        }
        switch kind {
        case .data: try takeData(head, payload)
        case .headers: try takeHeaders(head, payload)
        case .continuation: try takeContinuation(head, payload)
        case .settings: try takeSettings(head, payload)
        case .windowUpdate: try takeWindowUpdate(head, payload)
        case .ping: try takePing(head, payload)
        case .rstStream: try takeReset(head, payload)
        case .priority:
            try onStream(head)
            try count(.control)
            // RFC 9113 §5.3.2: what it says is of no use any more. And nobody may reset a stream that is idle (§6.4).
            if head.length != 5 { throw HTTP2Violation(.frameSizeError, stream: isIdle(head.stream) ? 0 : head.stream) }
        case .goAway:
            try onConnection(head)
            if head.length < 8 { throw HTTP2Violation(.frameSizeError) }
            if case .open = state, !streams.isEmpty { writeGoAway(lastStream: highest, .noError) }
            nothingMoreComes()
        case .pushPromise: throw HTTP2Violation(.protocolError)
        case nil: try count(.control)
        }
    }

    func count(_ kind: HTTP2FloodMeter.Kind) throws(HTTP2Violation) {
        if meter.count(kind, now: gate.now) { throw HTTP2Violation(.enhanceYourCalm) }
    }

    func onStream(_ head: HTTP2FrameHead) throws(HTTP2Violation) {
        if head.stream == 0 { throw HTTP2Violation(.protocolError) }
    }

    private func onConnection(_ head: HTTP2FrameHead) throws(HTTP2Violation) {
        if head.stream != 0 { throw HTTP2Violation(.protocolError) }
    }

    /// Whether nobody has used this stream; the gate opens none itself.
    private func isIdle(_ stream: UInt32) -> Bool { stream > highest || stream % 2 == 0 }

    /// Removes padding (RFC 9113 §6.1).
    func unpad(_ head: HTTP2FrameHead, _ payload: inout ByteBuffer) throws(HTTP2Violation) {
        guard head.has(HTTP2FrameHead.padded) else { return }
        guard let padding = payload.readInteger(as: UInt8.self), Int(padding) <= payload.readableBytes else {
            throw HTTP2Violation(.protocolError)
        }
        payload.moveWriterIndex(to: payload.writerIndex - Int(padding))
    }

    private func takeData(_ head: HTTP2FrameHead, _ payload: ByteBuffer) throws(HTTP2Violation) {
        try onStream(head)
        if isIdle(head.stream) { throw HTTP2Violation(.protocolError) }
        receiveWindow -= head.length
        if receiveWindow < 0 { throw HTTP2Violation(.flowControlError) }
        var bytes = payload
        try unpad(head, &bytes)
        let endsStream = head.has(HTTP2FrameHead.endStream)
        if bytes.readableBytes == 0, !endsStream { try count(.empty) }
        guard let stream = streams[head.stream] else {
            _ = credit(head.length, to: nil)
            if abandoned.contains(head.stream) { return }
            throw HTTP2Violation(.streamClosed, stream: head.stream)
        }
        try stream.receive(bytes, size: head.length, endsStream: endsStream)
    }

    private func takeSettings(_ head: HTTP2FrameHead, _ payload: ByteBuffer) throws(HTTP2Violation) {
        try onConnection(head)
        try count(.control)
        if head.has(HTTP2FrameHead.ack) {
            if head.length != 0 { throw HTTP2Violation(.frameSizeError) }
            return
        }
        guard head.length % 6 == 0 else { throw HTTP2Violation(.frameSizeError) }
        let window = peerWindow
        var payload = payload
        while let name = payload.readInteger(as: UInt16.self), let value = payload.readInteger(as: UInt32.self) {
            try take(HTTP2Setting(rawValue: name), Int(value))
        }
        // Once, however often one frame says it.
        if peerWindow != window {
            for stream in streams.values { try stream.shiftWindow(by: peerWindow - window) }
        }
        writeSettingsAcknowledgement()
        sendWaiting()
    }

    private func take(_ setting: HTTP2Setting?, _ value: Int) throws(HTTP2Violation) {
        switch setting {
        case .enablePush, .enableConnectProtocol:
            if value > 1 { throw HTTP2Violation(.protocolError) }
        case .initialWindowSize:
            guard value <= Self.largestWindow else { throw HTTP2Violation(.flowControlError) }
            peerWindow = value
        case .maxFrameSize:
            guard (Self.initialFrameLimit...0xff_ffff).contains(value) else { throw HTTP2Violation(.protocolError) }
            // Larger ones would only make the streams wait longer for each other.
            frameLimit = min(value, Self.initialFrameLimit)
        case .headerTableSize, .maxConcurrentStreams, .maxHeaderListSize, nil: break
        }
    }

    private func takeWindowUpdate(_ head: HTTP2FrameHead, _ payload: ByteBuffer) throws(HTTP2Violation) {
        guard let value = payload.getInteger(at: payload.readerIndex, as: UInt32.self), head.length == 4 else {
            throw HTTP2Violation(.frameSizeError)
        }
        let increment = Int(value & 0x7fff_ffff)
        if head.stream != 0, isIdle(head.stream) { throw HTTP2Violation(.protocolError) }
        if increment == 0 { throw HTTP2Violation(.protocolError, stream: head.stream) }
        if head.stream == 0 {
            let wasEmpty = sendWindow <= 0
            sendWindow += increment
            if sendWindow > Self.largestWindow { throw HTTP2Violation(.flowControlError) }
            // Those that wait while there is one wait for their own, or for the socket.
            if wasEmpty { sendWaiting() }
        } else {
            // One for a stream that has ended may be late.
            try streams[head.stream]?.widen(by: increment)
        }
        // What a widened window lets go may be too little each time.
        if crumbs > 0 {
            crumbs = 0
            try count(.crumbs)
        }
    }

    private func takePing(_ head: HTTP2FrameHead, _ payload: ByteBuffer) throws(HTTP2Violation) {
        try onConnection(head)
        if head.length != 8 { throw HTTP2Violation(.frameSizeError) }
        try count(.control)
        if head.has(HTTP2FrameHead.ack) {
            if payload.readableBytesView.elementsEqual(Self.leavingPing.utf8) { nameLastStream() }
        } else {
            writePingAcknowledgement(payload)
        }
    }

    private func takeReset(_ head: HTTP2FrameHead, _ payload: ByteBuffer) throws(HTTP2Violation) {
        try onStream(head)
        if head.length != 4 { throw HTTP2Violation(.frameSizeError) }
        if isIdle(head.stream) { throw HTTP2Violation(.protocolError) }
        guard let stream = streams[head.stream] else { return }
        try count(.resets)
        finish(stream)
    }
}
