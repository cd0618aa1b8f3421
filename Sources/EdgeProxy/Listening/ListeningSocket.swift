import NIOCore
package import RoomConfiguration
import Synchronization

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// A bound TCP socket that this process owns, apart from who accepts on it: accepting can end and begin again while
/// visitors wait in its backlog, and another process can be given it.
package final class ListeningSocket: Sendable {
    /// With the port that was given for port 0.
    package let address: ListenAddress
    /// Other sockets may be bound to the same address, each with a backlog of its own: so the gate opens them.
    let isShareOfPort: Bool
    /// -1 once it is closed.
    private let owned: Mutex<CInt>

    private init(owning descriptor: CInt, _ address: ListenAddress) {
        owned = Mutex(descriptor)
        self.address = address
        isShareOfPort = Self.option(descriptor, SO_REUSEPORT) == 1
    }

    deinit { close() }

    /// Binds; `listen` comes later.
    /// - Parameters:
    ///   - isShared: other sockets of this user may be bound to the same address (`SO_REUSEPORT`).
    ///   - isV6Only: IPv4 visitors are another socket's (RFC 3493 §5.3).
    /// - Throws: `ListenError`.
    static func bind(_ address: ListenAddress, isShared: Bool, isV6Only: Bool) throws(ListenError) -> ListeningSocket {
        do {
            let wanted = try SocketAddress(ipAddress: address.host, port: address.port)
            let family = wanted.protocol == .inet6 ? AF_INET6 : AF_INET
            let descriptor = try check(socket(family, streamType, 0), "socket")
            do {
                try makePrivate(descriptor)
                try set(descriptor, SOL_SOCKET, SO_REUSEADDR, 1)
                if isShared { try set(descriptor, SOL_SOCKET, SO_REUSEPORT, 1) }
                if family == AF_INET6 { try set(descriptor, CInt(IPPROTO_IPV6), IPV6_V6ONLY, isV6Only ? 1 : 0) }
                _ = try unsafe wanted.withSockAddr { pointer, length in
                    try unsafe check(systemBind(descriptor, pointer, socklen_t(length)), "bind")
                }
                guard let bound = boundAddress(of: descriptor) else {
                    throw IOError(errnoCode: EADDRNOTAVAIL, reason: "getsockname")
                }
                return ListeningSocket(owning: descriptor, bound)
            } catch {
                _ = systemClose(descriptor)
                throw error
            }
        } catch {
            throw ListenError(address: address, underlying: error)
        }
    }

    /// Takes over a descriptor that another process has bound; nil if it is no TCP socket of IPv4 or IPv6.
    package static func adopt(_ descriptor: CInt) -> ListeningSocket? {
        guard option(descriptor, SO_TYPE) == streamType, let address = boundAddress(of: descriptor),
            (try? makePrivate(descriptor)) != nil
        else { return nil }
        return ListeningSocket(owning: descriptor, address)
    }

    /// From now on visitors can connect, accepted or not.
    func listen() throws(ListenError) {
        do {
            try owned.withLock { descriptor in
                _ = try Self.check(systemListen(descriptor, Self.backlog), "listen")
            }
        } catch {
            throw ListenError(address: address, underlying: error)
        }
    }

    /// Second descriptors of the same sockets, for as long as `body` runs.
    package static func withDescriptors<Result>(
        of sockets: [ListeningSocket], _ body: ([CInt]) throws -> Result
    ) throws -> Result {
        var descriptors: [CInt] = []
        defer { for descriptor in descriptors { _ = systemClose(descriptor) } }
        for socket in sockets { descriptors.append(try socket.duplicate()) }
        return try body(descriptors)
    }

    /// A second descriptor of the same socket, which the caller owns.
    func duplicate() throws(ListenError) -> CInt {
        do {
            return try owned.withLock { descriptor in
                try Self.check(fcntl(descriptor, F_DUPFD_CLOEXEC, 0), "fcntl")
            }
        } catch {
            throw ListenError(address: address, underlying: error)
        }
    }

    /// Somebody has connected whom nobody has accepted.
    var hasWaiting: Bool { wait(milliseconds: 0, ignoring: false) }

    /// Waits for somebody to connect; if `ignoring`, for the time to pass.
    func wait(milliseconds: CInt, ignoring isIgnoring: Bool) -> Bool {
        let descriptor = owned.withLock { $0 }
        var entry = pollfd(fd: isIgnoring ? -1 : descriptor, events: CShort(POLLIN), revents: 0)
        return unsafe poll(&entry, 1, milliseconds) == 1 && entry.revents & CShort(POLLIN) != 0
    }

    /// A visitor's connection, which the caller owns; nil if nobody waits, or nothing can be opened now.
    func accept() -> CInt? {
        let descriptor = owned.withLock { $0 }
        let result = systemAccept(descriptor)
        if result < 0, errno == EMFILE || errno == ENFILE {
            // Who waits goes on waiting: do not ask without pause.
            _ = wait(milliseconds: 20, ignoring: true)
        }
        guard result >= 0, (try? Self.makePrivate(result)) != nil else { return nil }
        return result
    }

    /// Who waits in the backlog is reset, unless another process holds the socket too.
    package func close() {
        owned.withLock { descriptor in
            if descriptor >= 0 { _ = systemClose(descriptor) }
            descriptor = -1
        }
    }

    // MARK: System calls

    private static let backlog: CInt = 4096
    #if canImport(Glibc)
    private static let streamType = CInt(SOCK_STREAM.rawValue)
    #else
    private static let streamType = SOCK_STREAM
    #endif

    private static func boundAddress(of descriptor: CInt) -> ListenAddress? {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let result = unsafe withUnsafeMutablePointer(to: &storage) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe getsockname(descriptor, $0, &length)
            }
        }
        guard result == 0 else { return nil }
        let address: SocketAddress? = unsafe withUnsafePointer(to: &storage) { pointer in
            switch unsafe CInt(pointer.pointee.ss_family) {
            case AF_INET:
                unsafe pointer.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { unsafe SocketAddress($0.pointee) }
            case AF_INET6:
                unsafe pointer.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) {
                    unsafe SocketAddress($0.pointee)
                }
            default: nil
            }
        }
        guard let address, let host = address.ipAddress.flatMap({ IPAddress($0) }), let port = address.port else {
            return nil
        }
        return ListenAddress(host: "\(host)", port: port)
    }

    /// Not for programs that this one starts, and never waited for.
    private static func makePrivate(_ descriptor: CInt) throws {
        _ = try check(fcntl(descriptor, F_SETFD, FD_CLOEXEC), "fcntl")
        _ = try check(fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK), "fcntl")
    }

    private static func set(_ descriptor: CInt, _ level: CInt, _ option: CInt, _ value: CInt) throws {
        var value = value
        let length = socklen_t(MemoryLayout<CInt>.size)
        _ = try unsafe check(setsockopt(descriptor, level, option, &value, length), "setsockopt")
    }

    private static func option(_ descriptor: CInt, _ name: CInt) -> CInt? {
        var value: CInt = 0
        var length = socklen_t(MemoryLayout<CInt>.size)
        return unsafe getsockopt(descriptor, SOL_SOCKET, name, &value, &length) == 0 ? value : nil
    }

    private static func check(_ result: CInt, _ call: String) throws -> CInt {
        guard result >= 0 else { throw IOError(errnoCode: errno, reason: call) }
        return result
    }
}

// The class has methods of these names.
private func systemBind(_ descriptor: CInt, _ address: UnsafePointer<sockaddr>, _ length: socklen_t) -> CInt {
    unsafe bind(descriptor, address, length)
}

private func systemListen(_ descriptor: CInt, _ backlog: CInt) -> CInt { listen(descriptor, backlog) }

private func systemClose(_ descriptor: CInt) -> CInt { close(descriptor) }

private func systemAccept(_ descriptor: CInt) -> CInt { accept(descriptor, nil, nil) }
