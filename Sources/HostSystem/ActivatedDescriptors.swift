#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The descriptors of sockets that systemd opened for this process (sd_listen_fds(3)).
package enum ActivatedDescriptors {
    private static let first: CInt = 3

    /// Empty if it opened none, or opened them for another process.
    package static func all(in environment: [String: String]) -> [CInt] {
        guard environment["LISTEN_PID"].flatMap({ pid_t($0) }) == getpid(),
            let count = environment["LISTEN_FDS"].flatMap({ CInt($0) }), (1...1024).contains(count)
        else { return [] }
        return Array(first..<first + count)
    }
}
