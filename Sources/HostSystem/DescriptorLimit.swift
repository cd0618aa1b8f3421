#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// How many files and connections the process may have open.
package enum DescriptorLimit {
    /// For the journal, logs, the admin listener and whatever else is opened in the course of time.
    private static let spare = 32

    /// Raises the limit as far as it may be (getrlimit(2)).
    /// - Returns: the limit in force.
    package static func raise() -> Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 1024 }
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        return Int(clamping: limit.rlim_cur)
    }

    /// How many visitors' connections leave a descriptor for an origin's connection to each of them.
    /// - Parameter limit: of the process, of which those that are open now are taken.
    package static func connections(within limit: Int) -> Int {
        let inUse = (0..<CInt(clamping: min(limit, 4096))).count { fcntl($0, F_GETFD) >= 0 }
        return max(4, (limit - inUse - min(spare, limit / 8)) / 2)
    }
}
