import NIOCore

/// Closes a connection whose peer takes nothing of what is written to it for so long: an answer that nobody reads would
/// keep one of the listener's few connections for good. A connection on which nothing waits to be taken, such as a tail
/// between two events, is left alone.
final class StalledWriteHandler: ChannelOutboundHandler, RemovableChannelHandler {
    typealias OutboundIn = NIOAny

    private let limit: TimeAmount
    private var check: Scheduled<Void>?
    /// Writes that the peer has taken whole.
    private var taken = 0
    /// What was seen at the last look.
    private var last = (taken: 0, waiting: 0)

    init(limit: TimeAmount) { self.limit = limit }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let promise = promise ?? context.eventLoop.makePromise()
        promise.futureResult.assumeIsolated().whenSuccess { self.taken += 1 }
        context.write(data, promise: promise)
        guard check == nil else { return }
        // The first look finds at least one byte less than this, if anything went.
        last = (taken, .max)
        schedule(context)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        check?.cancel()
        check = nil
    }

    private func schedule(_ context: ChannelHandlerContext) {
        check = context.eventLoop.assumeIsolated().scheduleTask(in: limit) { self.look(context) }
    }

    private func look(_ context: ChannelHandlerContext) {
        check = nil
        let waiting = (try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
        guard waiting > 0 else { return }
        if taken == last.taken, waiting >= last.waiting {
            context.close(promise: nil)
            return
        }
        last = (taken, waiting)
        schedule(context)
    }
}
