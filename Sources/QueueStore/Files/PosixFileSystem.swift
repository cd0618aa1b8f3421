#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The operating system's files.
package struct PosixFileSystem: FileSystem {
    package init() {}

    package func createDirectory(_ path: String) throws(FileError) {
        var built = path.hasPrefix("/") ? "/" : ""
        for component in path.split(separator: "/") {
            built += built.isEmpty || built.hasSuffix("/") ? String(component) : "/" + component
            guard mkdir(built, 0o700) != 0, errno != EEXIST else { continue }
            throw FileError(errno, "make directory", built)
        }
    }

    package func list(_ directory: String) throws(FileError) -> [String] {
        guard let stream = opendir(directory) else { throw FileError(errno, "list", directory) }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: pointer.pointee)) {
                    String(cString: $0)
                }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    package func read(_ path: String) throws(FileError) -> any ReadableFile {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError(errno, "open", path) }
        return PosixFile(descriptor: descriptor, path: path)
    }

    package func append(to path: String, keeping length: Int64) throws(FileError) -> any AppendableFile {
        let descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw FileError(errno, "open", path) }
        let file = PosixFile(descriptor: descriptor, path: path)
        guard ftruncate(descriptor, off_t(length)) == 0 else { throw FileError(errno, "truncate", path) }
        return file
    }

    package func rename(_ path: String, to newPath: String) throws(FileError) {
        #if canImport(Glibc)
        let result = Glibc.rename(path, newPath)
        #elseif canImport(Musl)
        let result = Musl.rename(path, newPath)
        #else
        let result = Darwin.rename(path, newPath)
        #endif
        guard result == 0 else { throw FileError(errno, "rename", path) }
    }

    package func remove(_ path: String) throws(FileError) {
        guard unlink(path) == 0 || errno == ENOENT else { throw FileError(errno, "remove", path) }
    }

    package func synchronizeDirectory(_ path: String) throws(FileError) {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError(errno, "open", path) }
        let file = PosixFile(descriptor: descriptor, path: path)
        guard fsync(descriptor) == 0 else { throw FileError(errno, "synchronize", path) }
        file.close()
    }

    package func lock(_ path: String) throws(FileError) -> (any FileLock)? {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw FileError(errno, "open", path) }
        let file = PosixFile(descriptor: descriptor, path: path)
        if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return file }
        guard errno == EWOULDBLOCK else { throw FileError(errno, "lock", path) }
        return nil
    }
}

extension FileError {
    init(_ code: Int32, _ operation: String, _ path: String) {
        self.init(operation: operation, path: path, reason: String(cString: strerror(code)))
    }
}
