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
        var out = ByteBuffer()
        var rewriter = ResponseRewriter(closes: false, isHTTP11: true, unchunks: false)
        if let grant = exchange.grant { rewriter.cookies = grant.cookies }
        unsafe bytes.withUnsafeReadableBytes { unsafe rewriter.write(head, $0, into: &out) }
        phase = .tunnel
        gate.deadlines.set(slot, after: gate.timeouts.tunnelIdle)
        if let room = exchange.room?.id {
            if let session = exchange.session {
                gate.tunnels.add(self, session: session.sessionID, position: session.positionID, room: room)
            } else if let grant = exchange.grant {
                gate.tunnels.add(self, session: grant.session, position: grant.position, room: room)
            }
        }
        write(out)
        flush()
        report()
        guard isConnected else { return }
        if pending.readableBytes > 0 {
            upstream?.write(pending)
            upstream?.flush()
            pending = ByteBuffer()
        }
        resumeReading()
    }

    /// Bytes from the origin.
    func relay(_ bytes: ByteBuffer) {
        gate.deadlines.set(slot, after: gate.timeouts.tunnelIdle)
        hasTunnelTraffic = true
        write(bytes)
    }

    // MARK: The gate's own WebSocket

    /// Answers 101 and leaves the connection to the handler that follows the position.
    func beginLive(_ ticket: LiveTicket) {
        guard let context, let exchange else { return }
        exchange.status = 101
        exchange.outcome = .api
        var out = ByteBuffer()
        out.writeStaticString("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n")
        out.writeStaticString("Sec-WebSocket-Accept: ")
        out.writeString(ticket.acceptKey)
        out.writeStaticString("\r\n\r\n")
        write(out)
        flush()
        report()
        guard isConnected else { return }
        handOver()
        do {
            try gate.desk.addLiveHandlers(to: context.pipeline.syncOperations, ticket: ticket)
        } catch {
            closeNow()
            return
        }
        let early = pending
        pending = ByteBuffer()
        if early.readableBytes > 0 { context.fireChannelRead(wrapInboundOut(early)) }
        releaseRead()
        context.pipeline.syncOperations.removeHandler(self, promise: nil)
    }
}

extension DownstreamHandler: RemovableChannelHandler {}
