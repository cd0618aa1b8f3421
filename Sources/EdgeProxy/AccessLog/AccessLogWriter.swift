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
    private let destination: AccessLogDestination
    private let thread = NIOThreadPool(numberOfThreads: 1)
    private let descriptor: Mutex<Int32>
    private let pendingBytes = Atomic<Int>(0)
    /// Bytes that may wait to be written; beyond it lines are dropped.
    private static let limit = 8 * 1024 * 1024

    /// - Throws: `AccessLogError` if the file cannot be opened for appending.
    package init(_ destination: AccessLogDestination) throws(AccessLogError) {
        self.destination = destination
        descriptor = Mutex(try Self.open(destination))
        thread.start()
    }

    var isOff: Bool { destination == .off }

    /// Queues lines. False if they were dropped.
    func submit(_ bytes: [UInt8]) -> Bool {
        guard pendingBytes.load(ordering: .relaxed) + bytes.count <= Self.limit else { return false }
        pendingBytes.add(bytes.count, ordering: .relaxed)
        thread.submit { _ in
            self.write(bytes)
            self.pendingBytes.subtract(bytes.count, ordering: .relaxed)
        }
        return true
    }

    /// Opens the file anew, for log rotation. The old one stays in use if that fails.
    package func reopen() throws(AccessLogError) {
        guard case .file = destination else { return }
        let fresh = try Self.open(destination)
        let old = descriptor.withLock { descriptor in
            defer { descriptor = fresh }
            return descriptor
        }
        thread.submit { _ in close(old) }
    }

    /// Writes what is queued and ends the thread.
    package func shutdown() async throws {
        try await thread.shutdownGracefully()
    }

    private func write(_ bytes: [UInt8]) {
        let descriptor = descriptor.withLock { $0 }
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
                // A full disk or a closed pipe: the line is lost, the request is not.
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
