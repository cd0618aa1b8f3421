import HTTPWire
import NIOCore
import RoomConfiguration
import WaitingRoom

/// One visitor's HTTP/2 connection: frames in and out, windows, header blocks, limits, its beginning and its end
/// (RFC 9113). What it carries are `HTTP2Stream`s.
///
/// Bound to its event loop. The parts are in extensions: `+Frames` (what the visitor sends), `+Headers` (header
/// sections), `+Output` (what is sent), `+End` (how it ends).
final class HTTP2Connection: ChannelDuplexHandler, VisitorConnection {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    enum State {
        /// The preface has not come whole. Next: `settings`.
        case preface
        /// The first frame has to be SETTINGS. Next: `open`.
        case settings
        case open
        /// The visitor was told of the end, and asked to answer, so that streams on their way are known (RFC 9113 §6.8).
        /// Next: `lastStreamNamed`.
        case leaving
        /// The visitor knows the last stream that is served. Next, with the end of that: `ending`.
        case lastStreamNamed
        /// Nothing more is said; the visitor is to close.
        case ending
        case closed
    }

    /// RFC 9113 §6.9.1.
    static let largestWindow = 0x7fff_ffff
    /// How much of a body a visitor may send ahead of the origin, in bytes: on a stream, and on all of a connection's.
    static let streamWindow = 128 * 1024
    static let connectionWindow = 8 * streamWindow
    /// RFC 9113 §6.5.2: what both sides begin with.
    static let initialWindow = 65_535
    static let initialFrameLimit = 16_384

    let gate: GateLoop
    let peer: VisitorPeer
    /// What the listener is for.
    let service: Listener.Service
    let allocator = ByteBufferAllocator()
    var context: ChannelHandlerContext?
    var output: SocketWriter?
    var state = State.preface
    var slot: DeadlineTable.Slot = -1
    var meter: HTTP2FloodMeter

    // What the visitor sends.
    private var partial = ByteBuffer()
    private var holdsRead = false
    /// Frames wait until the visitor takes what it is sent.
    private(set) var holdsFrames = false
    /// The visitor has closed its side.
    private(set) var inputIsClosed = false
    let decoder = HPACKDecoder()
    /// A header block whose end has not come.
    var block: HeaderBlock?
    var receiveWindow = connectionWindow
    /// Of what came, what the visitor has not been told that it may send again.
    var untold = 0

    // Streams.
    var streams: [UInt32: HTTP2Stream] = [:]
    /// Those with tiny pieces of a body, until this turn's frames are taken.
    var gathering: [HTTP2Stream] = []
    /// The highest of the visitor's streams.
    var highest: UInt32 = 0
    /// The last stream that the visitor was told is served.
    var lastNamed = UInt32(largestWindow)
    /// Streams that the gate has reset or not opened: frames may still be on their way.
    var abandoned: [UInt32] = []

    // What the gate sends.
    var out = ByteBuffer()
    /// Counts what was sent of `out`.
    var outGeneration = 0
    var hasScheduledFlush = false
    var isProcessing = false
    var hasAnnouncedTable = false
    var sendWindow = initialWindow
    var frameLimit = initialFrameLimit
    /// The window that a new stream begins with.
    var peerWindow = initialWindow
    /// Tiny frames since the last WINDOW_UPDATE.
    var crumbs = 0
    /// Of a connection that ends, the bytes that have not reached the socket.
    var unsent = 0
    /// Streams with bytes that wait, in the order in which they began to.
    var waiting: [UInt32] = []

    init(gate: GateLoop, peer: VisitorPeer, service: Listener.Service) {
        self.gate = gate
        self.peer = peer
        self.service = service
        meter = HTTP2FloodMeter(now: gate.now)
    }

    // MARK: Channel events

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        output = SocketWriter(context, isSecure: peer.isSecure)
        slot = gate.deadlines.register(self)
        gate.deadlines.set(slot, after: gate.timeouts.head)
        writePreface()
        flush()
    }

    func channelInactive(context: ChannelHandlerContext) {
        gate.takeTime()
        state = .closed
        if slot >= 0 {
            gate.deadlines.unregister(slot)
            slot = -1
        }
        output = nil
        self.context = nil
        closeStreams()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        gate.takeTime()
        var bytes = unwrapInboundIn(data)
        // A write that failed lets NIO read what is left before it closes, while frames are being taken.
        guard !isProcessing else { return }
        if partial.readableBytes > 0 {
            partial.writeBuffer(&bytes)
            bytes = partial
            partial = ByteBuffer()
        }
        take(&bytes)
    }

    /// Takes frames as long as the visitor takes what it is sent. The rest waits.
    private func take(_ bytes: inout ByteBuffer) {
        isProcessing = true
        var isDone = process(&bytes)
        // The end of what was taken may have sent what was in the way.
        while !isDone, isOpen, isWritable { isDone = process(&bytes) }
        isProcessing = false
        guard isOpen else { return }
        if bytes.readableBytes > 0 { partial.writeBuffer(&bytes) }
        if isDone { watchProgress() } else { holdFrames() }
    }

    private func holdFrames() {
        guard !holdsFrames else { return }
        holdsFrames = true
        switch state {
        case .open, .lastStreamNamed:
            // Now the visitor's time runs.
            hasHeadDeadline = false
            gate.deadlines.set(slot, after: gate.timeouts.bodyProgress)
        case .preface, .settings, .leaving, .ending, .closed: break
        }
    }

    /// Goes on with frames that had to wait.
    private func releaseFrames() {
        guard holdsFrames, isOpen, isWritable, !isProcessing else { return }
        holdsFrames = false
        switch state {
        case .open, .lastStreamNamed: restOrRun()
        case .preface, .settings, .leaving, .ending, .closed: break
        }
        var bytes = partial
        partial = ByteBuffer()
        take(&bytes)
        if out.readableBytes > 0 { scheduleFlush() }
        if inputIsClosed, !holdsFrames { inputEnded() }
    }

    /// Not at once: at the end of what a visitor sends NIO goes on with the channel, which a flush may find broken.
    func channelReadComplete(context: ChannelHandlerContext) {
        if out.readableBytes > 0 { scheduleFlush() }
    }

    /// A visitor who does not take what it is sent is not heard either, so that what is sent to it stays bounded.
    func read(context: ChannelHandlerContext) {
        if output?.isWritable ?? true { context.read() } else { holdsRead = true }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        gate.takeTime()
        guard context.channel.isWritable else { return }
        sendWaiting()
        for stream in Array(streams.values) { stream.downstream?.becameWritable() }
        flush()
        releaseFrames()
        guard holdsRead, isOpen, isWritable else { return }
        holdsRead = false
        context.read()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case ChannelEvent.inputClosed? = event as? ChannelEvent else {
            context.fireUserInboundEventTriggered(event)
            return
        }
        gate.takeTime()
        inputIsClosed = true
        if !holdsFrames { inputEnded() }
    }

    /// Nothing more will be asked; what was asked is answered.
    private func inputEnded() {
        guard isOpen else { return }
        if case .ending = state {
            closeNow()
            return
        }
        for stream in Array(streams.values) { stream.inputIsLost() }
        nothingMoreComes()
        flush()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { closeNow() }

    /// False once the channel has gone.
    var isOpen: Bool {
        if case .closed = state { false } else { true }
    }

    /// Gives the beginning of a head its time: bodies have theirs, and so has a connection without streams.
    private func watchProgress() {
        switch state {
        case .preface, .settings, .leaving, .ending, .closed: return
        case .open, .lastStreamNamed: break
        }
        if block != nil || isHeadBeginning {
            if !hasHeadDeadline { gate.deadlines.set(slot, after: gate.timeouts.head) }
            hasHeadDeadline = true
        } else if hasHeadDeadline {
            hasHeadDeadline = false
            restOrRun()
        }
    }

    /// The connection's deadline is that of a header block.
    private(set) var hasHeadDeadline = false

    /// A header block is whole: the next one has a time of its own.
    func headEnded() {
        guard hasHeadDeadline else { return }
        hasHeadDeadline = false
        switch state {
        case .open, .lastStreamNamed: restOrRun()
        case .preface, .settings, .leaving, .ending, .closed: break
        }
    }

    /// Whether what has come of a frame is the beginning of a header block, or too little to tell.
    private var isHeadBeginning: Bool {
        guard partial.readableBytes > 0 else { return false }
        guard let kind = partial.getInteger(at: partial.readerIndex + 3, as: UInt8.self) else { return true }
        return kind == HTTP2FrameHead.Kind.headers.rawValue || kind == HTTP2FrameHead.Kind.continuation.rawValue
    }

    /// Sets the deadline of a connection that is between frames.
    func restOrRun() {
        if streams.isEmpty {
            gate.deadlines.set(slot, after: gate.timeouts.idle)
        } else {
            gate.deadlines.clear(slot)
        }
    }
}
