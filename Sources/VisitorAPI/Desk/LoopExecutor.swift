import NIOCore

/// The executor of what lives on one event loop. Unlike NIO's it can tell that it is on the loop while no task runs, so
/// that a task which begins there goes on at once (SE-0471, SE-0472) instead of by way of another thread.
final class LoopExecutor: SerialExecutor {
    private let loop: any EventLoop

    init(_ loop: any EventLoop) { self.loop = loop }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        loop.execute { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }

    func isIsolatingCurrentContext() -> Bool? { loop.inEventLoop }

    func checkIsolated() { loop.preconditionInEventLoop() }
}
