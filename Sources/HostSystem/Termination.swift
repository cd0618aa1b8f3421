#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The end of this process.
package enum Termination {
    /// Sends this process a SIGTERM.
    package static func request() { _ = kill(getpid(), SIGTERM) }
}
