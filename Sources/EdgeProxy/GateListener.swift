package import NIOCore
import NIOPosix
package import RoomConfiguration

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The sockets that visitors reach: for each address one per event loop (`SO_REUSEPORT`), so that a connection is
/// accepted where it is served.
package struct GateListener {
    private var channels: [any Channel] = []
    /// The addresses that are listened on, in the configuration's order, with the ports that were given for port 0.
    package private(set) var addresses: [ListenAddress] = []

    /// Binds all addresses on all loops.
    /// - Throws: `ListenError` for the first address that cannot be had; nothing stays bound then.
    package static func bind(
        _ addresses: [ListenAddress], loops: [NIOLoopBound<GateLoop>], eventLoops: [any EventLoop]
    ) async throws -> GateListener {
        var listener = GateListener()
        do {
            for address in addresses {
                var address = address
                if address.port != 0 { try await probe(address, on: eventLoops[0]) }
                for (loop, eventLoop) in zip(loops, eventLoops) {
                    let channel = try await bind(address, loop: loop, eventLoop: eventLoop)
                    listener.channels.append(channel)
                    address.port = channel.localAddress?.port ?? address.port
                }
                listener.addresses.append(address)
            }
        } catch {
            await listener.close()
            throw error
        }
        return listener
    }

    /// Accepts nobody any more.
    package func close() async {
        for channel in channels { try? await channel.close() }
    }

    /// `SO_REUSEPORT` lets a second gate of the same user share the port unnoticed: so first ask for it without.
    private static func probe(_ address: ListenAddress, on eventLoop: any EventLoop) async throws {
        do {
            let probe = try await ServerBootstrap(group: eventLoop)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .bind(host: address.host, port: address.port).get()
            try await probe.close()
        } catch {
            throw ListenError(address: address, underlying: error)
        }
    }

    private static func bind(
        _ address: ListenAddress, loop: NIOLoopBound<GateLoop>, eventLoop: any EventLoop
    ) async throws -> any Channel {
        do {
            return try await ServerBootstrap(group: eventLoop, childGroup: eventLoop)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .serverChannelOption(.socketOption(.init(rawValue: SO_REUSEPORT)), value: 1)
                .serverChannelOption(.backlog, value: 4096)
                .serverChannelOption(.maxMessagesPerRead, value: 64)
                .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
                .childChannelOption(.allowRemoteHalfClosure, value: true)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let peer = channel.remoteAddress?.ipAddress ?? "unknown"
                        let handler = DownstreamHandler(gate: loop.value, peer: peer)
                        try channel.pipeline.syncOperations.addHandler(handler)
                    }
                }
                .bind(host: address.host, port: address.port).get()
        } catch {
            throw ListenError(address: address, underlying: error)
        }
    }
}

/// An address that cannot be listened on.
package struct ListenError: Error, CustomStringConvertible {
    package var address: ListenAddress
    package var underlying: any Error

    package var description: String {
        let reason = (underlying as? IOError).map { error in
            switch error.errnoCode {
            case EADDRINUSE: "another program listens there; stop it or choose another port (PORT, gate.listen)"
            case EACCES: "this user may not; choose a port above 1023 or give the right to bind it"
            case EADDRNOTAVAIL: "this machine has no such address"
            default: "\(error)"
            }
        }
        return "gate.listen: cannot listen on \(address): \(reason ?? "\(underlying)")"
    }
}
