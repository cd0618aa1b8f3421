import NIOCore
import NIOPosix
import RoomConfiguration
import Synchronization

/// Somebody who accepts on a listening socket.
protocol Acceptor: AnyObject, Sendable {
    var socket: ListeningSocket { get }
    /// Accepts, or lets visitors wait in the backlog; from within a loop that it serves.
    func setAccepting(_ accepts: Bool)
    /// Ends accepting; the socket stays open.
    func stop() async
    /// Accepts all who wait, then ends, and in the same moment closes the socket if told so.
    func finish(closingSocket: Bool) async
}

/// An event loop that accepts what it serves, on a socket that is its own.
final class LoopAcceptor: Acceptor {
    let socket: ListeningSocket
    private let channel: any Channel

    private init(_ channel: any Channel, _ socket: ListeningSocket) {
        self.channel = channel
        self.socket = socket
    }

    static func start(
        _ socket: ListeningSocket, _ opening: ConnectionOpening, _ eventLoop: any EventLoop, burst: Int
    ) async throws(ListenError) -> LoopAcceptor {
        let descriptor = try socket.duplicate()
        do {
            let channel = try await ServerBootstrap(group: eventLoop, childGroup: eventLoop)
                .serverChannelOption(.maxMessagesPerRead, value: UInt(burst))
                .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
                .childChannelOption(.allowRemoteHalfClosure, value: true)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture { try opening.open(channel) }
                }
                .withBoundSocket(descriptor).get()
            return LoopAcceptor(channel, socket)
        } catch {
            throw ListenError(address: socket.address, underlying: error)
        }
    }

    func setAccepting(_ accepts: Bool) { try? channel.syncOptions?.setOption(.autoRead, value: accepts) }

    func stop() async { try? await channel.close() }

    /// Between two looks the loop accepts; an attacker who connects faster than it does is not waited for.
    func finish(closingSocket: Bool) async {
        for attempt in 1...100 {
            let isClosed = try? await channel.eventLoop.submit { [self] in
                guard !socket.hasWaiting || attempt == 100 else { return false }
                // In one go, so that nobody can connect in between.
                channel.close(promise: nil)
                if closingSocket { socket.close() }
                return true
            }.get()
            if isClosed != false { return }
        }
    }
}

/// A thread that accepts on a socket which others accept on too, other processes perhaps, and shares out what comes to
/// the loops: NIO wants nobody else to accept what its own loop was woken for.
final class SharedAcceptor: Acceptor {
    let socket: ListeningSocket
    private let openings: [ConnectionOpening]
    private let eventLoops: [any EventLoop]
    private let accepts = Atomic(true)
    private let isStopping = Atomic(false)
    private let thread = NIOThreadPool(numberOfThreads: 1)
    /// How soon it hears that it is to stop or to go on.
    private static let patience: CInt = 20

    /// - Parameter openings: one for each of `eventLoops`.
    init(_ socket: ListeningSocket, _ openings: [ConnectionOpening], _ eventLoops: [any EventLoop]) {
        self.socket = socket
        self.openings = openings
        self.eventLoops = eventLoops
        thread.start()
        thread.submit { _ in self.run() }
    }

    private func run() {
        var next = 0
        while !isStopping.load(ordering: .acquiring) {
            let isPaused = !accepts.load(ordering: .relaxed)
            guard socket.wait(milliseconds: Self.patience, ignoring: isPaused) else { continue }
            guard let descriptor = socket.accept() else { continue }
            next = (next + 1) % openings.count
            let opening = openings[next]
            let eventLoop = eventLoops[next]
            // Waited for, so that no more are taken on than there is room for.
            _ = try? ClientBootstrap(group: eventLoop)
                .channelOption(.tcpOption(.tcp_nodelay), value: 1)
                .channelOption(.allowRemoteHalfClosure, value: true)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture { try opening.open(channel) }
                }
                .withConnectedSocket(descriptor).wait()
        }
    }

    func setAccepting(_ accepts: Bool) { self.accepts.store(accepts, ordering: .relaxed) }

    func stop() async {
        isStopping.store(true, ordering: .releasing)
        try? await thread.shutdownGracefully()
    }

    /// Who waits is accepted by others who hold the socket, now or later.
    func finish(closingSocket: Bool) async {
        await stop()
        if closingSocket { socket.close() }
    }
}
