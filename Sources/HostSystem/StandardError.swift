import Synchronization

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The process's standard error, for lines of several threads.
package enum StandardError {
    private static let turn = Mutex(())

    /// Writes a line as a whole. What cannot be written is lost: there is nowhere to say so.
    package static func write(_ line: [UInt8]) {
        turn.withLock { _ in
            var rest = line[...]
            while !rest.isEmpty {
                let count = rest.withUnsafeBytes { bytes in
                    #if canImport(Glibc)
                    Glibc.write(STDERR_FILENO, bytes.baseAddress, bytes.count)
                    #else
                    Darwin.write(STDERR_FILENO, bytes.baseAddress, bytes.count)
                    #endif
                }
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return }
                rest = rest.dropFirst(count)
            }
        }
    }
}
