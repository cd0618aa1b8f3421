import Glibc

/// The file system as the loader and the reloader see it; tests bring their own.
package struct FileAccess: Sendable {
    /// Which file stands at a path, symbolic links followed, and in which version; nil if there is none.
    package var stamp: @Sendable (_ path: String) -> FileStamp?
    /// The bytes of a regular file of at most `limit` bytes.
    package var read: @Sendable (_ path: String, _ limit: Int) throws(FileProblem) -> [UInt8]

    /// The mode of a file of the running user that others may read or write, such as `0644`; nil if they may not. A file
    /// of another owner counts as closed if the system lets us read it: so a mounted secret works.
    package var exposure: @Sendable (_ path: String) -> String?

    package init(
        stamp: @escaping @Sendable (_ path: String) -> FileStamp?,
        read: @escaping @Sendable (_ path: String, _ limit: Int) throws(FileProblem) -> [UInt8],
        exposure: @escaping @Sendable (_ path: String) -> String? = { _ in nil }
    ) {
        self.stamp = stamp
        self.read = read
        self.exposure = exposure
    }

    /// The machine's file system. Blocks the calling thread.
    package static let system = FileAccess(
        stamp: { path in
            var status = stat()
            return stat(path, &status) == 0 ? FileStamp(status) : nil
        },
        read: readFile,
        exposure: { path in
            var status = stat()
            guard stat(path, &status) == 0, status.st_uid == geteuid(), status.st_mode & 0o077 != 0 else { return nil }
            return "0" + String(status.st_mode & 0o777, radix: 8)
        })

    private static func readFile(_ path: String, limit: Int) throws(FileProblem) -> [UInt8] {
        // Non-blocking, so that a pipe at this path cannot stop the gate.
        let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileProblem(errno: errno) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw FileProblem(errno: errno) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .notRegular }
        guard status.st_size <= limit else { throw .tooLarge }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 * 1024)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw FileProblem(errno: errno) }
            guard count > 0 else { return bytes }
            bytes += buffer[..<count]
            // It may grow while it is read.
            guard bytes.count <= limit else { throw .tooLarge }
        }
    }
}

/// The identity and version of a file: if it is the same, so is the content.
package struct FileStamp: Hashable, Sendable {
    package var device: UInt64
    package var inode: UInt64
    package var size: Int64
    /// Nanoseconds since 1970.
    package var modified: Int64

    package init(device: UInt64, inode: UInt64, size: Int64, modified: Int64) {
        self.device = device
        self.inode = inode
        self.size = size
        self.modified = modified
    }

    init(_ status: stat) {
        self.init(
            device: UInt64(status.st_dev), inode: UInt64(status.st_ino), size: Int64(status.st_size),
            modified: Int64(status.st_mtim.tv_sec) &* 1_000_000_000 &+ Int64(status.st_mtim.tv_nsec))
    }
}

/// Why a file cannot be read.
package enum FileProblem: Error, Hashable, Sendable {
    case tooLarge
    case notRegular
    /// In the system's words.
    case system(String)

    init(errno: Int32) {
        self = .system(String(cString: strerror(errno)))
    }
}
