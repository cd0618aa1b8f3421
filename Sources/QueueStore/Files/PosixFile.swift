import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// An open descriptor, closed with its last owner.
final class PosixFile: ReadableFile, AppendableFile, FileLock {
    private let descriptor: Int32
    private let path: String
    private let isClosed = Atomic(false)

    init(descriptor: Int32, path: String) {
        self.descriptor = descriptor
        self.path = path
    }

    deinit { close() }

    func close() {
        guard !isClosed.exchange(true, ordering: .acquiringAndReleasing) else { return }
        #if canImport(Glibc)
        _ = Glibc.close(descriptor)
        #elseif canImport(Musl)
        _ = Musl.close(descriptor)
        #else
        _ = Darwin.close(descriptor)
        #endif
    }

    /// A lock made with flock(2) ends with its descriptor.
    func release() { close() }

    func read(_ count: Int) throws(FileError) -> [UInt8] {
        var failure: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while true {
                let result = Self.systemRead(descriptor, buffer.baseAddress, count)
                filled = max(0, result)
                if result >= 0 { return }
                failure = errno
                if failure != EINTR { return }
                failure = 0
            }
        }
        guard failure == 0 else { throw FileError(failure, "read", path) }
        return bytes
    }

    func append(_ bytes: ArraySlice<UInt8>) -> (written: Int, failure: FileError?) {
        var written = 0
        var failure: FileError?
        bytes.withUnsafeBytes { buffer in
            while written < buffer.count, failure == nil {
                let rest = UnsafeRawBufferPointer(rebasing: buffer[written...])
                let result = write(descriptor, rest.baseAddress, rest.count)
                if result > 0 {
                    written += result
                } else if result == 0 || errno != EINTR {
                    failure = FileError(result == 0 ? ENOSPC : errno, "write", path)
                }
            }
        }
        return (written, failure)
    }

    func synchronize() throws(FileError) {
        #if canImport(Darwin)
        let result = fsync(descriptor)
        #else
        let result = fdatasync(descriptor)
        #endif
        guard result == 0 else { throw FileError(errno, "synchronize", path) }
    }

    private static func systemRead(_ descriptor: Int32, _ buffer: UnsafeMutablePointer<UInt8>?, _ count: Int) -> Int {
        #if canImport(Glibc)
        Glibc.read(descriptor, buffer, count)
        #elseif canImport(Musl)
        Musl.read(descriptor, buffer, count)
        #else
        Darwin.read(descriptor, buffer, count)
        #endif
    }
}
