#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The machine's own name (gethostname(2)).
package enum HostName {
    package static var current: String {
        // HOST_NAME_MAX is 64 on Linux, and 255 in POSIX.
        var name = [CChar](repeating: 0, count: 256)
        guard gethostname(&name, name.count - 1) == 0 else { return "" }
        return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
