#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// Reading and writing of small files that must never be half there, and that others must not read.
enum SecretFile {
    /// Who but the owner may do what.
    enum Access {
        /// Nobody may read or write.
        case owner
        /// Everybody may read, nobody else may write.
        case everybodyReads

        var forbidden: mode_t { self == .owner ? 0o077 : 0o022 }
        var mode: mode_t { self == .owner ? 0o600 : 0o644 }
    }

    /// What tells one state of a file from another without reading it.
    struct Fingerprint: Equatable {
        var inode: UInt64
        var size: Int64
        var seconds: Int
        var nanoseconds: Int
    }

    private static let limit = 64 * 1024

    /// The whole file, or nil if there is none.
    ///
    /// Like ssh with a private key, it refuses a file of the running user that `access` is too wide for. A file of
    /// another owner is taken if the system lets us read it: so a mounted secret works.
    static func load(_ path: String, _ access: Access) throws(SecretFileError) -> [UInt8]? {
        // Not blocking, because opening a named pipe would wait for a writer.
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw SecretFileError(
                .unreadable, path,
                "cannot be opened (\(reason())); let the user that runs anteroom read it, or name another file")
        }
        defer { close(descriptor) }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw SecretFileError(.unreadable, path, "is not a regular file; name the file itself")
        }
        if status.st_uid == geteuid(), status.st_mode & access.forbidden != 0 {
            throw SecretFileError(
                .tooOpen, path,
                "is open to others (mode \(octal(status.st_mode & 0o777))); run: chmod \(octal(access.mode)) \(path)")
        }
        guard status.st_size <= limit else {
            throw SecretFileError(.unreadable, path, "is larger than \(limit) bytes; name another file")
        }
        return try contents(of: descriptor, path)
    }

    /// Nil if there is no such file or it cannot be looked at.
    static func fingerprint(_ path: String) -> Fingerprint? {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return nil }
        #if canImport(Darwin)
        let time = status.st_mtimespec
        #else
        let time = status.st_mtim
        #endif
        return Fingerprint(
            inode: UInt64(status.st_ino), size: Int64(status.st_size), seconds: Int(time.tv_sec),
            nanoseconds: Int(time.tv_nsec))
    }

    /// Makes the file with this content, durably, unless there is one: of several that try at once, one does, and the
    /// file is never seen half written. Missing folders are made, open to their owner only.
    /// - Returns: False if there was one already.
    static func createOnce(_ path: String, _ bytes: [UInt8], _ access: Access) throws(SecretFileError) -> Bool {
        try makeFolder(folder(of: path))
        let draft = try draft(of: path, bytes, access)
        defer { unsafe unlink(draft) }
        // Unlike rename(2), link(2) never replaces, on NFS neither.
        guard unsafe link(draft, path) == 0 else {
            if errno == EEXIST { return false }
            throw unwritable(path)
        }
        syncFolder(of: path)
        return true
    }

    /// Puts this content in the file's place, durably; whoever reads sees the old or the new, whole.
    static func replace(_ path: String, _ bytes: [UInt8], _ access: Access) throws(SecretFileError) {
        let draft = try draft(of: path, bytes, access)
        guard unsafe rename(draft, path) == 0 else {
            let error = unwritable(path)
            unsafe unlink(draft)
            throw error
        }
        syncFolder(of: path)
    }

    /// Moves a file onto another, durably.
    /// - Returns: False if there was nothing to move.
    static func move(_ path: String, to target: String) throws(SecretFileError) -> Bool {
        guard unsafe rename(path, target) == 0 else {
            if errno == ENOENT { return false }
            throw unwritable(target)
        }
        syncFolder(of: target)
        return true
    }

    /// Removes a file that may be gone already.
    static func remove(_ path: String) { unsafe unlink(path) }

    /// The names in a folder, in order; none if it cannot be read.
    static func names(in folder: String) -> [String] {
        guard let stream = unsafe opendir(folder) else { return [] }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        while let entry = unsafe readdir(stream) {
            unsafe withUnsafeBytes(of: &entry.pointee.d_name) { name in
                unsafe names.append(String(decoding: name.prefix { $0 != 0 }, as: UTF8.self))
            }
        }
        return names.sorted()
    }

    /// The folder that holds `path`; `.` for a bare name.
    static func folder(of path: String) -> String {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// The part of `path` after its last slash.
    static func name(of path: String) -> String {
        path.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(path[path.utf8.index(after: $0)...]) } ?? path
    }

    private static func contents(of descriptor: CInt, _ path: String) throws(SecretFileError) -> [UInt8] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while bytes.count <= limit {
            let count = unsafe read(descriptor, &chunk, chunk.count)
            if count == 0 { return bytes }
            if count > 0 {
                bytes += chunk[..<count]
            } else if errno != EINTR {
                throw SecretFileError(.unreadable, path, "cannot be read (\(reason()))")
            }
        }
        throw SecretFileError(.unreadable, path, "is larger than \(limit) bytes; name another file")
    }

    /// A new file beside `path` with this content, on disk.
    private static func draft(of path: String, _ bytes: [UInt8], _ access: Access) throws(SecretFileError) -> String {
        let draft = "\(path).\(String(UInt64.random(in: .min ... .max), radix: 36)).draft"
        let descriptor = unsafe open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, access.mode)
        guard descriptor >= 0 else { throw unwritable(path) }
        defer { close(descriptor) }
        try keepOwner(of: path, descriptor, draft)
        var written = 0
        while written < bytes.count {
            let count = unsafe bytes[written...].withUnsafeBytes { rest in
                unsafe write(descriptor, rest.baseAddress, rest.count)
            }
            if count > 0 {
                written += count
            } else if errno != EINTR {
                let error = unwritable(path)
                unsafe unlink(draft)
                throw error
            }
        }
        guard fsync(descriptor) == 0 else {
            let error = unwritable(path)
            unsafe unlink(draft)
            throw error
        }
        return draft
    }

    /// What root writes stays readable for the user who runs the gate: it gets the owner of the file in whose place it
    /// comes, else of its folder.
    private static func keepOwner(of path: String, _ descriptor: CInt, _ draft: String) throws(SecretFileError) {
        guard geteuid() == 0 else { return }
        var status = stat()
        guard unsafe stat(path, &status) == 0 || stat(folder(of: path), &status) == 0, status.st_uid != 0 else {
            return
        }
        guard fchown(descriptor, status.st_uid, status.st_gid) == 0 else {
            let error = unwritable(path)
            unsafe unlink(draft)
            throw error
        }
    }

    private static func makeFolder(_ folder: String) throws(SecretFileError) {
        if unsafe mkdir(folder, 0o700) == 0 || errno == EEXIST { return }
        if errno == ENOENT {
            let parent = Self.folder(of: folder)
            if parent != folder, parent != "." { try makeFolder(parent) }
            if unsafe mkdir(folder, 0o700) == 0 || errno == EEXIST { return }
        }
        throw SecretFileError(.unwritable, folder, "cannot be made (\(reason())); make it or name another folder")
    }

    /// A new name survives a power cut only once its folder is on disk. Some file systems cannot do it; then nothing
    /// better can be had.
    private static func syncFolder(of path: String) {
        let descriptor = unsafe open(folder(of: path), O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        _ = fsync(descriptor)
        close(descriptor)
    }

    private static func unwritable(_ path: String) -> SecretFileError {
        SecretFileError(
            .unwritable, path,
            "cannot be written (\(reason())); let the user that runs anteroom write to \(folder(of: path)), or name "
                + "another file")
    }

    /// The last system call's error in words.
    private static func reason() -> String { unsafe String(cString: strerror(errno)) }

    private static func octal(_ mode: mode_t) -> String { "0" + String(mode, radix: 8) }
}
