package import NIOCore
import NIOPosix
package import RoomConfiguration
import Synchronization

/// The sockets that visitors reach: for each address one per event loop (`SO_REUSEPORT`), so that a connection is
/// accepted where it is served. Sockets that another process opened are shared by the loops.
package final class GateListener: Sendable {
    private struct Entry {
        let listener: Listener
        let sockets: [ListeningSocket]
    }

    /// A loop that accepts on a socket, through a descriptor of its own.
    private struct Acceptor {
        let channel: any Channel
        let gate: NIOLoopBound<GateLoop>
        let socket: ListeningSocket
    }

    private let entries: [Entry]
    private let acceptors = Mutex<[Acceptor]>([])

    private init(_ entries: [Entry]) { self.entries = entries }

    /// Binds all addresses; nobody can connect yet.
    /// - Parameters:
    ///   - inherited: sockets that another process opened. Those with an address of `listeners` are taken out.
    ///   - loops: how many event loops will accept.
    /// - Throws: `ListenError` for the first address that cannot be had.
    package static func bind(
        _ listeners: [Listener], inherited: inout [ListeningSocket], loops: Int
    ) throws(ListenError) -> GateListener {
        var entries: [Entry] = []
        for listener in listeners {
            let address = listener.address
            var sockets = inherited.filter { $0.address.host == address.host && $0.address.port == address.port }
            if sockets.isEmpty {
                sockets = try bind(address, isV6Only: listeners.contains { $0.address.isV4Twin(of: address) }, loops)
            } else {
                inherited.removeAll { socket in sockets.contains { $0 === socket } }
            }
            entries.append(Entry(listener: listener, sockets: sockets))
        }
        return GateListener(entries)
    }

    private static func bind(
        _ address: ListenAddress, isV6Only: Bool, _ count: Int
    ) throws(ListenError) -> [ListeningSocket] {
        // `SO_REUSEPORT` lets a second gate of the same user share the port unnoticed: so first ask for it without.
        if address.port != 0 { try ListeningSocket.bind(address, isShared: false, isV6Only: isV6Only).close() }
        var address = address
        var sockets: [ListeningSocket] = []
        for _ in 0..<count {
            let socket = try ListeningSocket.bind(address, isShared: true, isV6Only: isV6Only)
            address.port = socket.address.port
            sockets.append(socket)
        }
        return sockets
    }

    /// The addresses that are listened on, in the configuration's order.
    package var addresses: [ListenAddress] { entries.compactMap(\.sockets.first?.address) }

    package var sockets: [ListeningSocket] { entries.flatMap(\.sockets) }

    /// Accepts on all sockets, each on a loop, and on each loop some of every address.
    /// - Throws: `ListenError`; nobody accepts then.
    package func accept(on loops: [NIOLoopBound<GateLoop>], _ eventLoops: [any EventLoop]) async throws {
        do {
            for socket in sockets { try socket.listen() }
            for (index, entry) in entries.enumerated() {
                for number in 0..<max(loops.count, entry.sockets.count) {
                    let socket = entry.sockets[number % entry.sockets.count]
                    let gate = loops[number % loops.count]
                    let eventLoop = eventLoops[number % loops.count]
                    let opening = ConnectionOpening(gate: gate, listener: entry.listener, index: index)
                    let channel = try await Self.accept(socket, opening, eventLoop)
                    acceptors.withLock { $0.append(Acceptor(channel: channel, gate: gate, socket: socket)) }
                    try await eventLoop.submit { gate.value.acceptors.append(channel) }.get()
                }
            }
        } catch {
            await pause()
            throw error
        }
    }

    /// Accepts nobody; who connects waits.
    package func pause() async {
        let acceptors = acceptors.withLock { acceptors in
            defer { acceptors = [] }
            return acceptors
        }
        for acceptor in acceptors {
            try? await acceptor.channel.close()
            try? await acceptor.channel.eventLoop.submit { acceptor.gate.value.acceptors = [] }.get()
        }
    }

    /// Ends listening, once all who have connected are accepted: closing a socket resets those in its backlog.
    package func close() async {
        let acceptors = acceptors.withLock { acceptors in
            defer { acceptors = [] }
            return acceptors
        }
        var users = Dictionary(grouping: acceptors) { ObjectIdentifier($0.socket) }.mapValues(\.count)
        for acceptor in acceptors {
            let key = ObjectIdentifier(acceptor.socket)
            let isLast = users[key] == 1
            users[key, default: 1] -= 1
            await Self.close(acceptor, isLast: isLast)
        }
        for socket in sockets { socket.close() }
    }

    /// Between two looks the loop accepts; an attacker who connects faster than it does is not waited for.
    private static func close(_ acceptor: Acceptor, isLast: Bool) async {
        for attempt in 1...100 {
            let isClosed = try? await acceptor.channel.eventLoop.submit {
                guard !acceptor.socket.hasWaiting || attempt == 100 else { return false }
                // In one go, so that nobody can connect in between.
                acceptor.channel.close(promise: nil)
                if isLast { acceptor.socket.close() }
                acceptor.gate.value.acceptors = []
                return true
            }.get()
            if isClosed != false { return }
        }
    }

    private static func accept(
        _ socket: ListeningSocket, _ opening: ConnectionOpening, _ eventLoop: any EventLoop
    ) async throws(ListenError) -> any Channel {
        let descriptor = try socket.duplicate()
        do {
            return try await ServerBootstrap(group: eventLoop, childGroup: eventLoop)
                .serverChannelOption(.maxMessagesPerRead, value: 64)
                .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
                .childChannelOption(.allowRemoteHalfClosure, value: true)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture { try opening.open(channel) }
                }
                .withBoundSocket(descriptor).get()
        } catch {
            throw ListenError(address: socket.address, underlying: error)
        }
    }
}

extension ListenAddress {
    /// Both mean every interface and the same port, this one by IPv4: then the system wants the other to be for IPv6
    /// alone.
    fileprivate func isV4Twin(of other: ListenAddress) -> Bool {
        host == "0.0.0.0" && other.host == "::" && port == other.port
    }
}
