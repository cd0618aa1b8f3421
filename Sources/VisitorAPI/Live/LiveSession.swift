package import NIOCore
import RoomConfiguration
import WaitingRoom

/// What a live connection runs over: an HTTP/1.1 connection, or a stream of HTTP/2. Bound to its event loop.
package protocol LiveLink: AnyObject {
    var isWritable: Bool { get }
    func send(_ bytes: ByteBuffer)
    /// Closes at once.
    func close()
    /// Closes once what was sent has left, and after a while in any case.
    func closeAfterWriting()
}

/// One visitor's live connection (RFC 6455): sends the position's JSON at each change, pings at the room's heartbeat
/// interval, and takes each frame that comes back as a sign of life. Bound to its event loop.
///
/// It writes nothing to a visitor who does not read, and its link then reads nothing either.
package final class LiveSession: LiveListener {
    /// How many frames a visitor may send between two pings; a browser sends a pong and now and then a close.
    private static let frameLimit = 100

    private let ticket: LiveTicket
    private let desk: VisitorDesk
    private let board: NIOLoopBound<LiveBoard>
    private let activity: NIOLoopBound<LoopActivity>
    private let loop: any EventLoop
    /// Nil once it has closed.
    private weak var link: (any LiveLink)?
    private(set) var lastPlace: Place?
    private var lastState: RoomState?
    private var pings: RepeatedTask?
    private var unansweredPings = 0
    private var framesSincePing = 0
    private var isClosing = false
    /// The beginning of a frame.
    private var partial = ByteBuffer()

    init(
        ticket: LiveTicket, desk: VisitorDesk, loop: any EventLoop, board: NIOLoopBound<LiveBoard>,
        activity: NIOLoopBound<LoopActivity>, link: any LiveLink
    ) {
        self.ticket = ticket
        self.desk = desk
        self.loop = loop
        self.board = board
        self.activity = activity
        self.link = link
    }

    var position: PositionID { ticket.position }

    /// Tells the position as it is, and follows it.
    package func start() {
        guard board.value.add(self, to: ticket.room) else {
            close(.tryAgainLater)
            return
        }
        activity.value.heartbeat(ticket.position, in: ticket.room)
        let interval = ticket.request.rule?.settings.heartbeatInterval ?? .seconds(10)
        let bound = NIOLoopBound(self, eventLoop: loop)
        let delay = TimeAmount.milliseconds(max(1000, interval.count))
        pings = loop.scheduleRepeatedTask(initialDelay: delay, delay: delay) { _ in bound.value.ping() }
        let (desk, ticket) = (desk, ticket)
        Task {
            let place = await desk.place(of: ticket)
            desk.loop.execute { bound.value.tell(place) }
        }
    }

    /// The link is no more.
    package func stop() {
        link = nil
        leave()
    }

    /// Takes what the visitor sends.
    package func receive(_ bytes: inout ByteBuffer) {
        guard !isClosing else {
            bytes.clear()
            return
        }
        partial.writeBuffer(&bytes)
        do throws(WebSocketFrame.CloseCode) {
            while !isClosing, let frame = try WebSocketFrame(reading: &partial) { take(frame) }
        } catch {
            close(error)
        }
        if partial.readableBytes == 0 || isClosing { partial = ByteBuffer() }
    }

    private func take(_ frame: WebSocketFrame) {
        framesSincePing += 1
        guard framesSincePing <= Self.frameLimit else {
            close(.policyViolation)
            return
        }
        unansweredPings = 0
        switch frame.opcode {
        case .ping:
            // RFC 6455 §5.5.3: of several pings the last needs an answer, and a visitor who reads will send one more.
            if let link, link.isWritable { link.send(WebSocketFrame(opcode: .pong, payload: frame.payload).bytes) }
        case .close:
            close(.normalClosure)
            return
        case .pong, .text, .binary, .continuation: break
        }
        activity.value.heartbeat(ticket.position, in: ticket.room)
    }

    // MARK: Changes

    func tell(_ place: Place?) {
        guard !isClosing, link != nil else { return }
        guard let place else {
            close(.goingAway)
            return
        }
        let shown = lastPlace
        lastPlace = place
        if let shown, shown.rank == place.rank, shown.totalWaiting == place.totalWaiting,
            shown.position.status == place.position.status
        {
            roomChanged()
            return
        }
        lastState = desk.roomState(ticket)
        if place.position.status == .waiting {
            if let text = desk.waitingText(place, ticket) { send(text) }
            return
        }
        let (desk, ticket) = (desk, ticket)
        let bound = NIOLoopBound(self, eventLoop: loop)
        Task {
            let text = await desk.liveText(place, ticket)
            desk.loop.execute { bound.value.sendLast(text) }
        }
    }

    func roomChanged() {
        guard let lastPlace, lastPlace.position.status == .waiting, let state = desk.roomState(ticket),
            state != lastState, let text = desk.waitingText(lastPlace, ticket)
        else { return }
        lastState = state
        send(text)
    }

    func release() { close(.goingAway) }

    /// The state that ends the wait: after it there is nothing more to follow.
    private func sendLast(_ text: [UInt8]?) {
        guard let text else { return }
        send(text)
        board.value.remove(self, from: ticket.room)
    }

    private func send(_ text: [UInt8]) {
        // A visitor who does not read is told the latest state later, not every state at once.
        guard let link, link.isWritable else { return }
        link.send(WebSocketFrame(opcode: .text, payload: text).bytes)
    }

    private func ping() {
        guard let link else { return }
        unansweredPings += 1
        framesSincePing = 0
        if unansweredPings > 3 {
            link.close()
        } else if link.isWritable {
            link.send(WebSocketFrame(opcode: .ping).bytes)
        }
    }

    private func close(_ code: WebSocketFrame.CloseCode) {
        guard !isClosing, let link else { return }
        isClosing = true
        leave()
        guard link.isWritable else {
            link.close()
            return
        }
        link.send(WebSocketFrame.close(code).bytes)
        link.closeAfterWriting()
    }

    private func leave() {
        board.value.remove(self, from: ticket.room)
        pings?.cancel()
        pings = nil
    }
}
