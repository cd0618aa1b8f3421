import NIOPosix
package import RoomConfiguration
import Synchronization

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Writes the access log on a thread of its own: a full disk or a stuck pipe never holds up an event loop.
package final class AccessLogWriter: Sendable {
    private struct Target {
        var destination: AccessLogDestination
        var descriptor: Int32
    }

    private let thread = NIOThreadPool(numberOfThreads: 1)
    private let target: Mutex<Target>
    private let isOffNow: Atomic<Bool>
    private let lostBlocks = Atomic<Int>(0)
    private let pendingBytes = Atomic<Int>(0)
    /// Bytes that may wait to be written; beyond it lines are dropped.
    private static let limit = 8 * 1024 * 1024

    /// - Throws: `AccessLogError` if the file cannot be opened for appending.
    package init(_ destination: AccessLogDestination) throws(AccessLogError) {
        target = Mutex(Target(destination: destination, descriptor: try Self.open(destination)))
        isOffNow = Atomic(destination == .off)
        thread.start()
    }

    var isOff: Bool { isOffNow.load(ordering: .relaxed) }

    /// Blocks of lines that were dropped because they came too fast, or that the file did not take.
    package var dropped: Int { lostBlocks.load(ordering: .relaxed) }

    /// Queues lines, or drops them where too many wait already.
    func submit(_ bytes: [UInt8]) {
        guard pendingBytes.load(ordering: .relaxed) + bytes.count <= Self.limit else {
            lostBlocks.add(1, ordering: .relaxed)
            return
        }
        pendingBytes.add(bytes.count, ordering: .relaxed)
        thread.submit { _ in
            self.write(bytes)
            self.pendingBytes.subtract(bytes.count, ordering: .relaxed)
        }
    }

    /// Opens the file anew, for log rotation. The old one stays in use if that fails.
    package func reopen() throws(AccessLogError) {
        let destination = target.withLock { $0.destination }
        guard case .file = destination else { return }
        try turn(to: destination)
    }

    /// Writes to another place from now on; nothing happens if it is the same.
    package func apply(_ destination: AccessLogDestination) throws(AccessLogError) {
        guard destination != target.withLock({ $0.destination }) else { return }
        try turn(to: destination)
    }

    private func turn(to destination: AccessLogDestination) throws(AccessLogError) {
        let fresh = Target(destination: destination, descriptor: try Self.open(destination))
        let old = target.withLock { target in
            defer { target = fresh }
            return target
        }
        isOffNow.store(destination == .off, ordering: .relaxed)
        if case .file = old.destination { thread.submit { _ in close(old.descriptor) } }
    }

    /// Writes what is queued and ends the thread.
    package func shutdown() async throws {
        try await thread.shutdownGracefully()
    }

    private func write(_ bytes: [UInt8]) {
        let descriptor = target.withLock { $0.descriptor }
        guard descriptor >= 0 else { return }
        var offset = 0
        while offset < bytes.count {
            let written = unsafe bytes.withUnsafeBytes { buffer in
                #if canImport(Glibc)
                unsafe Glibc.write(descriptor, buffer.baseAddress?.advanced(by: offset), buffer.count - offset)
                #else
                unsafe Darwin.write(descriptor, buffer.baseAddress?.advanced(by: offset), buffer.count - offset)
                #endif
            }
            if written < 0 {
                if errno == EINTR { continue }
                // A full disk or a closed pipe: the lines are lost, the requests are not.
                lostBlocks.add(1, ordering: .relaxed)
                return
            }
            offset += written
        }
    }

    private static func open(_ destination: AccessLogDestination) throws(AccessLogError) -> Int32 {
        switch destination {
        case .off: return -1
        case .standardOutput: return STDOUT_FILENO
        case .file(let path):
            let descriptor = unsafe path.withCString { path in
                #if canImport(Glibc)
                unsafe Glibc.open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o640)
                #else
                unsafe Darwin.open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o640)
                #endif
            }
            guard descriptor >= 0 else {
                throw AccessLogError(path: path, reason: unsafe String(cString: strerror(errno)))
            }
            return descriptor
        }
    }
}

/// The access log cannot be opened.
package struct AccessLogError: Error, CustomStringConvertible {
    package var path: String
    package var reason: String

    package var description: String {
        "gate.access_log: \(path) cannot be opened for appending: \(reason); name a file in a folder that exists and is "
            + "writable, or stdout, or off"
    }
}
