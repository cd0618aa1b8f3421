/// The file operations that a journal needs. Paths are as the operating system takes them. All throw `FileError`.
package protocol FileSystem: Sendable {
    /// With those above it; nothing happens if it exists.
    func createDirectory(_ path: String) throws(FileError)

    /// The names of a directory's files, in no order.
    func list(_ directory: String) throws(FileError) -> [String]

    /// Opens for reading from the start.
    func read(_ path: String) throws(FileError) -> any ReadableFile

    /// Opens for appending behind `length` bytes; what lies behind them is cut off. A file that is absent is made,
    /// with mode 0600.
    func append(to path: String, keeping length: Int64) throws(FileError) -> any AppendableFile

    func rename(_ path: String, to newPath: String) throws(FileError)

    func remove(_ path: String) throws(FileError)

    /// Makes renames and removals in a directory durable.
    func synchronizeDirectory(_ path: String) throws(FileError)

    /// Takes an exclusive lock on a file, made if absent; nil if somebody else holds it. Held until it is released or
    /// the process ends.
    func lock(_ path: String) throws(FileError) -> (any FileLock)?
}

package protocol ReadableFile: AnyObject, Sendable {
    /// Up to `count` bytes; empty at the end.
    func read(_ count: Int) throws(FileError) -> [UInt8]
}

package protocol AppendableFile: AnyObject, Sendable {
    /// Hands the bytes to the operating system; they then survive the end of this process.
    /// - Returns: how many were written and, if not all, why.
    func append(_ bytes: ArraySlice<UInt8>) -> (written: Int, failure: FileError?)

    /// Makes what was appended survive the loss of power.
    func synchronize() throws(FileError)

    /// No other call may follow.
    func close()
}

package protocol FileLock: AnyObject, Sendable {
    func release()
}

/// A file operation that failed.
package struct FileError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was attempted: "write", "open".
    package var operation: String
    package var path: String
    /// The system's words: "No space left on device".
    package var reason: String

    package init(operation: String, path: String, reason: String) {
        self.operation = operation
        self.path = path
        self.reason = reason
    }

    package var description: String { "cannot \(operation) \(path): \(reason)" }
}
