import NIOCore
import NIOHTTP1
import NIOPosix

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The shop's listener.
struct ShopServer {
    /// Why the shop could not listen.
    struct ListenError: Error, CustomStringConvertible {
        let description: String
    }

    private let channel: any Channel

    /// Throws `ListenError`.
    init(host: String, port: Int) async throws(ListenError) {
        let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(.writeBufferWaterMark, value: .init(low: 64 * 1024, high: 256 * 1024))
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try HTTPHandlers().add(to: channel.pipeline.syncOperations) }
            }
        do {
            channel = try await bootstrap.bind(host: host, port: port).get()
        } catch let error as IOError where error.errnoCode == EADDRINUSE {
            throw ListenError(
                description: "cannot listen on \(host):\(port): the port is in use. Stop what listens there "
                    + "(see: ss -ltnp), or choose another with --port")
        } catch let error as IOError where error.errnoCode == EADDRNOTAVAIL {
            throw ListenError(
                description: "cannot listen on \(host):\(port): this machine does not have the address. "
                    + "Choose one that it has with --host")
        } catch {
            throw ListenError(description: "cannot listen on \(host):\(port): \(error)")
        }
    }

    /// Where it listens, as in a URL.
    var address: String {
        guard let address = channel.localAddress, let host = address.ipAddress, let port = address.port else {
            return "unknown"
        }
        return host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }

    /// Serves until the listener closes.
    func run() async throws { try await channel.closeFuture.get() }
}
