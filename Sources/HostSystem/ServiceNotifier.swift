#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Tells systemd how the process fares (sd_notify(3)); without systemd, nobody.
package struct ServiceNotifier: Sendable {
    /// A path, or a name in the abstract namespace behind "@".
    private let address: String?
    /// How often systemd wants a sign of life; nil: never.
    package let watchdogInterval: Duration?

    package init(environment: [String: String]) {
        let socket = environment["NOTIFY_SOCKET"] ?? ""
        address = socket.hasPrefix("/") || socket.hasPrefix("@") ? socket : nil
        let isForUs = environment["WATCHDOG_PID"].map { $0 == "\(getpid())" } ?? true
        watchdogInterval = environment["WATCHDOG_USEC"].flatMap { Int64($0) }.flatMap { microseconds in
            isForUs && microseconds > 0 ? .microseconds(microseconds) : nil
        }
    }

    package func ready() { send("READY=1\nMAINPID=\(getpid())\nSTATUS=Serving visitors") }

    package func reloading() {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        send("RELOADING=1\nMONOTONIC_USEC=\(time.tv_sec * 1_000_000 + time.tv_nsec / 1000)")
    }

    package func reloaded() { send("READY=1") }

    package func stopping() { send("STOPPING=1\nSTATUS=Draining") }

    package func alive() { send("WATCHDOG=1") }

    /// Another process is the service from now on.
    package func movedTo(_ process: CInt) { send("MAINPID=\(process)") }

    private func send(_ state: String) {
        guard let address else { return }
        var name = sockaddr_un()
        name.sun_family = sa_family_t(AF_UNIX)
        var path = Array(address.utf8)
        if path[0] == UInt8(ascii: "@") { path[0] = 0 }
        guard path.count < MemoryLayout.size(ofValue: name.sun_path) else { return }
        withUnsafeMutableBytes(of: &name.sun_path) { $0.copyBytes(from: path) }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + path.count)
        let descriptor = socket(AF_UNIX, CInt(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return }
        defer { _ = close(descriptor) }
        let bytes = Array(state.utf8)
        withUnsafePointer(to: &name) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { name in
                _ = sendto(descriptor, bytes, bytes.count, noSignal, name, length)
            }
        }
    }
}

/// The peer may be gone: that is an error of the call, not a SIGPIPE.
let noSignal = CInt(truncatingIfNeeded: MSG_NOSIGNAL)
