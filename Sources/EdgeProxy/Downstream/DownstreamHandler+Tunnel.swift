import HTTPWire
import NIOCore
import RoomConfiguration
import SessionTokens
import VisitorAPI

/// Connections that stop being HTTP.
extension DownstreamHandler {
    // MARK: The origin's WebSockets

    var acceptsUpgrade: Bool { exchange?.upgradesToWebSocket ?? false }

    /// The origin's 101 makes the connection a tunnel.
    func relayUpgrade(_ head: ResponseHead, _ bytes: ByteBuffer) {
        guard let exchange else { return }
        exchange.status = 101
        exchange.upstreamDuration = gate.now - exchange.forwardedAt
        noteTrialAnswered(exchange)
        phase = .tunnel
        gate.deadlines.set(slot, after: gate.timeouts.tunnelIdle)
        if let room = exchange.room?.id {
            if let session = exchange.session {
                gate.tunnels.add(self, session: session.sessionID, position: session.positionID, room: room)
            } else if let holder = exchange.grant?.holder {
                gate.tunnels.add(self, session: holder.session, position: holder.position, room: room)
            }
        }
        writeUpgrade(head, bytes, cookies: exchange.grant?.cookies ?? [])
        report()
        guard isConnected else { return }
        if pending.readableBytes > 0 {
            upstream?.write(pending)
            upstream?.flush()
            pending = ByteBuffer()
        }
        if inputHasEnded { upstream?.closeOutput() }
        resumeReading()
    }

    private func writeUpgrade(_ head: ResponseHead, _ bytes: ByteBuffer, cookies: [String]) {
        var out = ByteBuffer()
        unsafe bytes.withUnsafeReadableBytes { bytes in
            if let stream {
                // RFC 8441 §4: a tunnel over HTTP/2 begins with 200.
                unsafe stream.blockWriter.write(head, bytes, status: 200, cookies: cookies, into: &out)
                stream.headLength = out.readableBytes
                stream.becomeTunnel()
            } else {
                var rewriter = ResponseRewriter(closes: false, isHTTP11: true, unchunks: false)
                rewriter.cookies = cookies
                unsafe rewriter.write(head, bytes, into: &out)
            }
        }
        write(out)
        flush()
    }

    /// Bytes from the origin.
    func relay(_ bytes: ByteBuffer) {
        gate.deadlines.set(slot, after: gate.timeouts.tunnelIdle)
        hasTunnelTraffic = true
        write(bytes)
    }

    /// The origin has gone: what it said goes to the visitor, who has the time that an answer has, and then it closes.
    func tunnelEnded() {
        gate.takeTime()
        gate.tunnels.remove(self)
        upstream = nil
        guard let stream else {
            closeGracefully()
            return
        }
        phase = .closed
        gate.deadlines.set(slot, after: gate.timeouts.bodyProgress)
        stream.originIsGone()
        stream.connection.flush()
    }

    // MARK: The gate's own WebSocket

    /// Answers 101, over HTTP/2 200, and follows the position from then on.
    func beginLive(_ ticket: LiveTicket) {
        guard let exchange else { return }
        exchange.status = 101
        exchange.outcome = .api
        var out = ByteBuffer()
        if let stream {
            stream.blockWriter.write(status: 200, into: &out)
            stream.headLength = out.readableBytes
            stream.becomeTunnel()
        } else {
            out.writeStaticString("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n")
            out.writeStaticString("Sec-WebSocket-Accept: ")
            out.writeString(ticket.acceptKey)
            out.writeStaticString("\r\n\r\n")
        }
        write(out)
        flush()
        report()
        guard isConnected else { return }
        let session = gate.desk.liveSession(ticket, over: self)
        phase = .live(session)
        // It has pings of its own.
        gate.deadlines.clear(slot)
        session.start()
        guard case .live = phase else { return }
        var early = pending
        pending = ByteBuffer()
        session.receive(&early)
        if inputHasEnded { closeNow() }
        resumeReading()
    }

    /// The visitor had said all before there was a tunnel.
    private var inputHasEnded: Bool { stream?.inputHasEnded ?? inputIsClosed }
}

extension DownstreamHandler: LiveLink {
    func send(_ bytes: ByteBuffer) {
        write(bytes)
        flush()
    }

    func close() { closeNow() }

    func closeAfterWriting() {
        guard case .live = phase else { return }
        if let stream { endStream(stream) } else { closeGracefully() }
    }
}

extension DownstreamHandler: RemovableChannelHandler {}
