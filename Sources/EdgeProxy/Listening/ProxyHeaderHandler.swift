import HTTPWire
import NIOCore
import RoomConfiguration
import WaitingRoom

/// Waits for the header of the PROXY protocol at the beginning of a connection, and leaves when it is there. The
/// handlers behind it see a connection that begins after the header.
final class ProxyHeaderHandler: ChannelInboundHandler, RemovableChannelHandler, VisitorConnection {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let gate: GateLoop
    private let proxy: VisitorPeer
    private let next: (any Channel, VisitorPeer) throws -> Void
    private var context: ChannelHandlerContext?
    private var slot: DeadlineTable.Slot = -1
    private var bytes = ByteBuffer()

    /// - Parameters:
    ///   - proxy: who sends the header.
    ///   - next: puts the next step at the end of the pipeline.
    init(gate: GateLoop, proxy: VisitorPeer, next: @escaping (any Channel, VisitorPeer) throws -> Void) {
        self.gate = gate
        self.proxy = proxy
        self.next = next
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { leave() }

    /// Told to those behind when they are there.
    func channelActive(context: ChannelHandlerContext) {
        slot = gate.deadlines.register(self)
        gate.deadlines.set(slot, after: gate.timeouts.head)
    }

    func channelInactive(context: ChannelHandlerContext) {
        leave()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // Closed: what NIO still reads is nobody's.
        guard slot >= 0 else { return }
        var new = unwrapInboundIn(data)
        if bytes.readableBytes == 0 { bytes = new } else { bytes.writeBuffer(&new) }
        switch unsafe bytes.withUnsafeReadableBytes({ unsafe ProxyHeader($0) }) {
        case .incomplete: break
        case .refused: refuse(.proxyHeader)
        case .complete(let source, let length):
            guard let peer = visitor(source) else { return refuse(.proxyHeader) }
            bytes.moveReaderIndex(forwardBy: length)
            goOn(context, peer)
        }
    }

    /// Nil if the header names something that is no address.
    private func visitor(_ source: ProxyHeader.Source) -> VisitorPeer? {
        if case .sender = source { return proxy }
        return unsafe bytes.withUnsafeReadableBytes { unsafe IPAddress(source, in: $0) }.map { VisitorPeer($0) }
    }

    private func goOn(_ context: ChannelHandlerContext, _ peer: VisitorPeer) {
        leave()
        do {
            try next(context.channel, peer)
        } catch {
            context.close(promise: nil)
            return
        }
        context.fireChannelActive()
        if bytes.readableBytes > 0 {
            context.fireChannelRead(wrapInboundOut(bytes))
            context.fireChannelReadComplete()
        }
        bytes = ByteBuffer()
        context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
    }

    private func refuse(_ reason: ConnectionLedger.Refusal) {
        gate.counters.refuse(reason)
        closeNow()
    }

    private func leave() {
        guard slot >= 0 else { return }
        gate.deadlines.unregister(slot)
        slot = -1
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { closeNow() }

    // MARK: VisitorConnection

    func deadlinePassed() {
        if gate.isDraining { closeNow() } else { refuse(.proxyTimeout) }
    }

    var idleTime: Milliseconds? { nil }

    func drain() { gate.deadlines.set(slot, after: Self.drainGrace) }

    func closeNow() {
        leave()
        context?.close(promise: nil)
    }
}
