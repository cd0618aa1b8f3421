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
        _ listeners: [Listener], loops: [NIOLoopBound<GateLoop>], eventLoops: [any EventLoop]
    ) async throws -> GateListener {
        var listener = GateListener()
        do {
            for configured in listeners {
                var address = configured.address
                if address.port != 0 { try await probe(address, on: eventLoops[0]) }
                for (loop, eventLoop) in zip(loops, eventLoops) {
                    let opening = ConnectionOpening(gate: loop, listener: configured)
                    let channel = try await bind(address, opening: opening, eventLoop: eventLoop)
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
        _ address: ListenAddress, opening: ConnectionOpening, eventLoop: any EventLoop
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
                    channel.eventLoop.makeCompletedFuture { try opening.open(channel) }
                }
                .bind(host: address.host, port: address.port).get()
        } catch {
            throw ListenError(address: address, underlying: error)
        }
    }
}
