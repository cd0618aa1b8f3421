import NIOCore
import QueueStore

/// One pipelined connection: commands out, replies back in the same order. Bound to its event loop.
///
/// Each command has a deadline. When one passes, the connection is closed: the replies behind it would be out of step.
final class CommandHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// How many commands may wait for their replies.
    static let maximumInFlight = 10_000

    private struct Waiter {
        let deadline: NIODeadline
        let promise: EventLoopPromise<Reply>
    }

    private let address: String
    private let timeout: TimeAmount
    private let reader: ReplyReader
    private var waiters = CircularBuffer<Waiter>()
    private var context: ChannelHandlerContext?
    private var failure: StoreError?
    private var watch: Scheduled<Void>?
    private var flushIsDue = false

    init(address: String, timeout: TimeAmount, reader: ReplyReader) {
        self.address = address
        self.timeout = timeout
        self.reader = reader
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func send(_ command: Command, promise: EventLoopPromise<Reply>) {
        guard let context, failure == nil else { return promise.fail(failure ?? closed("the connection is closed")) }
        guard waiters.count < Self.maximumInFlight else {
            return promise.fail(closed("\(waiters.count) commands wait for its replies"))
        }
        waiters.append(Waiter(deadline: context.eventLoop.now + timeout, promise: promise))
        var buffer = context.channel.allocator.buffer(capacity: 256)
        command.write(to: &buffer)
        context.write(wrapOutboundOut(buffer), promise: nil)
        // One flush for all that come in the same tick.
        if !flushIsDue {
            flushIsDue = true
            let loopBound = NIOLoopBound(self, eventLoop: context.eventLoop)
            context.eventLoop.execute { loopBound.value.flush() }
        }
        if watch == nil { arm(context) }
    }

    private func flush() {
        flushIsDue = false
        context?.flush()
    }

    private func arm(_ context: ChannelHandlerContext) {
        guard let first = waiters.first else { return }
        let loopBound = NIOLoopBound(self, eventLoop: context.eventLoop)
        watch = context.eventLoop.scheduleTask(deadline: first.deadline) { loopBound.value.checkDeadline() }
    }

    private func checkDeadline() {
        watch = nil
        guard let context, let first = waiters.first else { return }
        if first.deadline <= context.eventLoop.now {
            end(closed("no reply within \(timeout.nanoseconds / 1_000_000) ms"), context)
        } else {
            arm(context)
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        do throws(MalformedReply) {
            try reader.feed(unwrapInboundIn(data))
            while failure == nil, let reply = try reader.next() {
                guard let waiter = waiters.popFirst() else {
                    return end(closed("it sent a reply that nobody asked for"), context)
                }
                waiter.promise.succeed(reply)
            }
        } catch {
            end(closed("its reply cannot be read: \(error.reason)"), context)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        end(closed("the connection was closed"), context)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { end(closed("\(error)"), context) }

    private func end(_ error: StoreError, _ context: ChannelHandlerContext) {
        guard failure == nil else { return }
        failure = error
        watch?.cancel()
        let waiters = waiters
        self.waiters = []
        for waiter in waiters { waiter.promise.fail(error) }
        context.close(promise: nil)
    }

    private func closed(_ reason: String) -> StoreError { StoreError(.unavailable, "store \(address): \(reason)") }
}
