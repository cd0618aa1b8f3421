import CGNU

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The memory of this process and of what it runs in.
package enum ProcessMemory {
    /// Resident bytes (proc_pid_statm(5)); nil where there is no /proc.
    package static var resident: Int? {
        guard let text = read("/proc/self/statm") else { return nil }
        let fields = text.split(separator: " ")
        return fields.count > 1 ? Int(fields[1]).map { $0 * Int(sysconf(CInt(_SC_PAGESIZE))) } : nil
    }

    /// Bytes of the machine, or of the control group if that has less (cgroup v2 `memory.max`, v1 `limit_in_bytes`).
    package static var available: Int? {
        let machine = read("/proc/meminfo").flatMap { text in
            text.split(separator: "\n").first { $0.hasPrefix("MemTotal:") }
                .flatMap { $0.split(separator: " ").dropFirst().first }.flatMap { Int($0) }.map { $0 * 1024 }
        }
        return ([machine] + controlGroupFiles.map { read($0).flatMap { Int($0.prefix { $0.isNumber }) } })
            .compactMap { $0 }.filter { $0 > 0 }.min()
    }

    private static var controlGroupFiles: [String] {
        var files = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"]
        for line in (read("/proc/self/cgroup") ?? "").split(separator: "\n") where line.hasPrefix("0::") {
            files.append("/sys/fs/cgroup\(line.dropFirst(3))/memory.max")
        }
        return files
    }

    /// Gives what was freed back to the system: the allocator keeps it otherwise.
    package static func trim() {
        #if canImport(Glibc)
        _ = malloc_trim(0)
        #endif
    }

    private static func read(_ path: String) -> String? {
        (try? Data(contentsOf: URL(filePath: path))).map { String(decoding: $0, as: UTF8.self) }
    }
}
