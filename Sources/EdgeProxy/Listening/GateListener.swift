package import NIOCore
package import RoomConfiguration
import Synchronization

/// The sockets that visitors reach: for each address one per event loop (`SO_REUSEPORT`), so that a connection is
/// accepted where it is served. A socket that somebody else opened is all loops'.
package final class GateListener: Sendable {
    private struct Entry {
        let listener: Listener
        let sockets: [ListeningSocket]
    }

    private let entries: [Entry]
    private let acceptors = Mutex<[any Acceptor]>([])

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

    /// Accepts on all sockets.
    /// - `burst`: how many a loop accepts at a time.
    /// - Throws: `ListenError`; nobody accepts then.
    package func accept(on loops: [NIOLoopBound<GateLoop>], _ eventLoops: [any EventLoop], burst: Int) async throws {
        do {
            for socket in sockets { try socket.listen() }
            for (index, entry) in entries.enumerated() {
                let openings = loops.map { ConnectionOpening(gate: $0, listener: entry.listener, index: index) }
                // A socket for each loop, and nobody else's.
                if entry.sockets.count == loops.count, entry.sockets.allSatisfy(\.isShareOfPort) {
                    for (number, socket) in entry.sockets.enumerated() {
                        let acceptor = try await LoopAcceptor.start(
                            socket, openings[number], eventLoops[number], burst: burst)
                        await add(acceptor, regulatedBy: [loops[number]], [eventLoops[number]])
                    }
                } else {
                    for socket in entry.sockets {
                        await add(SharedAcceptor(socket, openings, eventLoops), regulatedBy: loops, eventLoops)
                    }
                }
            }
        } catch {
            await pause()
            throw error
        }
    }

    private func add(
        _ acceptor: some Acceptor, regulatedBy loops: [NIOLoopBound<GateLoop>], _ eventLoops: [any EventLoop]
    ) async {
        acceptors.withLock { $0.append(acceptor) }
        for (gate, eventLoop) in zip(loops, eventLoops) {
            try? await eventLoop.submit { gate.value.add(acceptor) }.get()
        }
    }

    /// Accepts nobody; who connects waits.
    package func pause() async {
        for acceptor in takeAcceptors() { await acceptor.stop() }
    }

    /// Ends listening, once all who have connected are accepted: closing a socket resets those in its backlog.
    package func close() async {
        for acceptor in takeAcceptors() { await acceptor.finish(closingSocket: true) }
        for socket in sockets { socket.close() }
    }

    private func takeAcceptors() -> [any Acceptor] {
        acceptors.withLock { acceptors in
            defer { acceptors = [] }
            return acceptors
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
