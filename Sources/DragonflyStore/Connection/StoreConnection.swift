import Logging
import NIOCore
import NIOPosix
import NIOSSL
import QueueStore
import RoomConfiguration
import Synchronization

/// The connection to the store and its renewal. While there is none, commands fail at once.
final class StoreConnection: Sendable {
    /// A connection that may be used: logged in, its scripts loaded.
    private struct Live: Sendable {
        let channel: any Channel
        let handler: NIOLoopBound<CommandHandler>
        /// Counts connections, from 1.
        var number = 0
        /// The server's names of the scripts.
        var digests: [Script: String] = [:]
    }

    private struct State {
        var live: Live?
        /// How many there were.
        var count = 0
        /// Why there is none.
        var reason = "not connected yet"
        var isConnecting = false
        var isClosed = false
    }

    private let address: StoreAddress
    private let group: any EventLoopGroup
    private let timeout: Duration
    private let logger: Logger
    private let tls: NIOSSLContext?
    private let state = Mutex(State())

    init(
        address: StoreAddress, group: any EventLoopGroup, timeout: Duration, caFile: String?, logger: Logger
    ) throws(StoreError) {
        self.address = address
        self.group = group
        self.timeout = timeout
        self.logger = logger
        do {
            var configuration = TLSConfiguration.makeClientConfiguration()
            if let caFile { configuration.trustRoots = .file(caFile) }
            tls = address.usesTLS ? try NIOSSLContext(configuration: configuration) : nil
        } catch {
            throw StoreError(
                .unavailable, "store \(address): TLS cannot be set up\(caFile.map { " with \($0)" } ?? ""): \(error)")
        }
    }

    /// Which connection this is, counted from 1; nil while there is none. Another number may be another server, or one
    /// that has lost data.
    var number: Int? { state.withLock { $0.live?.number } }

    /// Sends a command and waits for its reply, which may be an error of the server.
    func send(_ command: Command) async throws(StoreError) -> Reply {
        try await Self.send(command, over: try live())
    }

    /// Sends commands at once and waits for all replies, in order.
    /// - Parameter number: the connection on which they may go.
    func send(_ commands: [Command], on number: Int) async throws(StoreError) -> [Reply] {
        let live = try live(number)
        let loop = live.channel.eventLoop
        let promises = commands.map { _ in loop.makePromise(of: Reply.self) }
        loop.execute {
            for (command, promise) in zip(commands, promises) { live.handler.value.send(command, promise: promise) }
        }
        var replies: [Reply] = []
        replies.reserveCapacity(commands.count)
        // All, even after a failure: a promise that nobody asks still has to be kept.
        var failure: StoreError?
        for promise in promises {
            do {
                replies.append(try await promise.futureResult.get())
            } catch {
                failure = failure ?? (error as? StoreError) ?? StoreError(.unavailable, "\(error)")
            }
        }
        if let failure { throw failure }
        return replies
    }

    /// Runs a script; one that the server has forgotten is loaded again, once.
    /// - Parameter number: the connection on which it may run; nil: any.
    func run(
        _ script: Script, keys: [String], arguments: [String], on number: Int? = nil
    ) async throws(StoreError) -> Reply {
        let live = try live(number)
        guard let digest = live.digests[script] else {
            throw StoreError(.unavailable, "store \(address): a script is not loaded")
        }
        let command = Command(["EVALSHA", digest, "\(keys.count)"] + keys + arguments)
        let reply = try await Self.send(command, over: live)
        guard case .error(let text) = reply, text.hasPrefix("NOSCRIPT") else { return reply }
        try await require("load a script", .load(script), live)
        return try await Self.send(command, over: live)
    }

    /// The connection that there is.
    /// - Throws: `unavailable` if there is none, or it is another one than that.
    private func live(_ number: Int? = nil) throws(StoreError) -> Live {
        let (live, reason) = state.withLock { ($0.live, $0.reason) }
        guard let live, live.number == number ?? live.number else {
            throw StoreError(.unavailable, "store \(address): \(live == nil ? reason : "connected anew")")
        }
        return live
    }

    private static func send(_ command: Command, over live: Live) async throws(StoreError) -> Reply {
        let loop = live.channel.eventLoop
        let promise = loop.makePromise(of: Reply.self)
        loop.execute { live.handler.value.send(command, promise: promise) }
        do {
            return try await promise.futureResult.get()
        } catch let error as StoreError {
            throw error
        } catch {
            throw StoreError(.unavailable, "\(error)")
        }
    }

    /// Connects unless connected. One attempt, no longer than a command may take for each of its steps.
    func connect() async throws(StoreError) {
        let isDue = try state.withLock { state throws(StoreError) in
            if state.isClosed { throw StoreError(.unavailable, "the store is closed") }
            if state.isConnecting { throw StoreError(.unavailable, "store \(address): \(state.reason)") }
            state.isConnecting = state.live == nil
            return state.isConnecting
        }
        guard isDue else { return }
        defer { state.withLock { $0.isConnecting = false } }
        do {
            let live = try await open()
            let isClosed = state.withLock { state in
                // It may be gone already.
                if !state.isClosed, live.channel.isActive {
                    state.count += 1
                    state.live = live
                    state.live?.number = state.count
                }
                return state.isClosed
            }
            if isClosed { live.channel.close(promise: nil) }
        } catch {
            state.withLock { $0.reason = error.message }
            throw StoreError(.unavailable, "store \(address): \(error.message)")
        }
    }

    /// Keeps a connection up until cancelled or closed.
    func run() async {
        var backoff = Backoff()
        var random = SystemRandomNumberGenerator()
        while !Task.isCancelled, !state.withLock(\.isClosed) {
            do {
                try await connect()
                backoff.succeeded()
                logger.notice("Store connected", metadata: ["address": "\(address)"])
                await waitForEnd()
                if !state.withLock(\.isClosed), !Task.isCancelled {
                    logger.warning("Store connection lost", metadata: ["address": "\(address)"])
                }
            } catch {
                logger.warning("Store cannot be reached", metadata: ["error": "\(error.message)"])
                try? await Task.sleep(for: backoff.next(using: &random))
            }
        }
        close()
    }

    /// Lets go of the present connection; `run` makes another, to whatever the address names then.
    func reconnect() {
        let live = state.withLock { $0.live }
        live?.channel.close(promise: nil)
    }

    func close() {
        let live = state.withLock { state in
            state.isClosed = true
            state.reason = "closed"
            defer { state.live = nil }
            return state.live
        }
        live?.channel.close(promise: nil)
    }

    private func waitForEnd() async {
        guard let channel = state.withLock({ $0.live?.channel }) else { return }
        await withTaskCancellationHandler {
            try? await channel.closeFuture.get()
        } onCancel: {
            channel.close(promise: nil)
        }
    }

    private func open() async throws(StoreError) -> Live {
        let loop = group.next()
        let wait = TimeAmount(timeout)
        let name = "\(address)"
        let host = address.host
        let tls = tls
        let handlerPromise = loop.makePromise(of: NIOLoopBound<CommandHandler>.self)
        let secured = loop.makePromise(of: Void.self)
        let bootstrap = ClientBootstrap(group: loop)
            .connectTimeout(wait)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls {
                        let handshake = try StoreHandshake(host: host, context: tls, within: wait, done: secured)
                        try handshake.begin(on: channel.pipeline.syncOperations)
                    } else {
                        secured.succeed()
                    }
                    guard let reader = ReplyReader() else { throw ChannelError.inappropriateOperationForState }
                    let handler = CommandHandler(address: name, timeout: wait, reader: reader)
                    try channel.pipeline.syncOperations.addHandler(handler)
                    handlerPromise.succeed(NIOLoopBound(handler, eventLoop: channel.eventLoop))
                }
            }
        var live: Live
        do {
            let channel = try await bootstrap.connect(host: address.host, port: address.port).get()
            live = Live(channel: channel, handler: try await handlerPromise.futureResult.get())
        } catch {
            handlerPromise.fail(ChannelError.ioOnClosedChannel)
            secured.fail(ChannelError.ioOnClosedChannel)
            throw StoreError(.unavailable, "cannot connect: \(error)")
        }
        let channel = live.channel
        channel.closeFuture.whenComplete { _ in self.lost(channel) }
        do {
            try await secured.futureResult.get()
        } catch {
            channel.close(promise: nil)
            throw StoreError(.unavailable, "cannot connect: \(error)")
        }
        do throws(StoreError) {
            try await logIn(live)
            for script in Script.allCases {
                live.digests[script] = try await require("load a script", .load(script), live)
            }
        } catch {
            live.channel.close(promise: nil)
            throw error
        }
        return live
    }

    private func logIn(_ live: Live) async throws(StoreError) {
        if let password = address.password {
            let words = ["AUTH"] + (address.user.map { [$0] } ?? []) + [password]
            try await require("log in", Command(words), live)
        } else {
            // Who wants a password says so of a short command, and of a script only that it is too long.
            try await require("log in", Command("PING"), live)
        }
        if address.database != 0 {
            try await require("select the database", Command("SELECT", "\(address.database)"), live)
        }
    }

    @discardableResult
    private func require(_ aim: String, _ command: Command, _ live: Live) async throws(StoreError) -> String {
        let reply = try await Self.send(command, over: live)
        if case .error(let text) = reply { throw StoreError(.unavailable, "cannot \(aim): \(text)") }
        return reply.text ?? ""
    }

    private func lost(_ channel: any Channel) {
        state.withLock { state in
            guard state.live?.channel === channel else { return }
            state.live = nil
            if !state.isClosed { state.reason = "the connection was lost" }
        }
    }
}
