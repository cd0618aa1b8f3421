import QueueStore
import Synchronization

/// A directory in memory that fails on demand and can be left as a crash would leave it.
final class SimulatedFiles: FileSystem {
    private struct State {
        var contents: [String: [UInt8]] = [:]
        var locked: Set<String> = []
        /// Operations that change something, so far.
        var changes = 0
        /// The process dies at this change: of an append a part is done, of anything else nothing.
        var deadlyChange: Int?
        var isDead = false
        /// Bytes that still fit on the disk.
        var free: Int?
        var failsToSynchronize = false
    }

    private let state = Mutex(State())

    /// As a process finds it after this one has died: nothing is locked.
    func afterCrash() -> SimulatedFiles {
        let files = SimulatedFiles()
        let contents = state.withLock { state in
            state.isDead = true
            return state.contents
        }
        files.state.withLock { $0.contents = contents }
        return files
    }

    var contents: [String: [UInt8]] {
        get { state.withLock(\.contents) }
        set { state.withLock { $0.contents = newValue } }
    }

    var changes: Int { state.withLock(\.changes) }

    /// Dies at the n-th change from now on, counted from 0.
    func die(atChange number: Int) { state.withLock { $0.deadlyChange = $0.changes + number } }

    var isDead: Bool { state.withLock(\.isDead) }

    func setFree(_ bytes: Int?) { state.withLock { $0.free = bytes } }

    func setFailsToSynchronize(_ fails: Bool) { state.withLock { $0.failsToSynchronize = fails } }

    // MARK: FileSystem

    func createDirectory(_ path: String) throws(FileError) {}

    func list(_ directory: String) throws(FileError) -> [String] {
        let prefix = directory + "/"
        return contents.keys.filter { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) }
    }

    func read(_ path: String) throws(FileError) -> any ReadableFile {
        guard let bytes = contents[path] else {
            throw FileError(operation: "open", path: path, reason: "No such file or directory")
        }
        return Reading(bytes: bytes)
    }

    func append(to path: String, keeping length: Int64) throws(FileError) -> any AppendableFile {
        try change("open", path) { state in
            state.contents[path] = Array((state.contents[path] ?? []).prefix(Int(length)))
        }
        return Appending(files: self, path: path)
    }

    func rename(_ path: String, to newPath: String) throws(FileError) {
        try change("rename", path) { state in state.contents[newPath] = state.contents.removeValue(forKey: path) }
    }

    func remove(_ path: String) throws(FileError) {
        try change("remove", path) { state in state.contents[path] = nil }
    }

    func synchronizeDirectory(_ path: String) throws(FileError) { try change("synchronize", path) { _ in } }

    func lock(_ path: String) throws(FileError) -> (any FileLock)? {
        let isNew = state.withLock { $0.locked.insert(path).inserted }
        return isNew ? Locked(files: self, path: path) : nil
    }

    private func change(_ operation: String, _ path: String, _ body: (inout State) -> Void) throws(FileError) {
        let isDone = state.withLock { state in
            guard Self.survives(&state) else { return false }
            body(&state)
            return true
        }
        if !isDone { throw FileError(operation: operation, path: path, reason: "the process is dead") }
    }

    private static func survives(_ state: inout State) -> Bool {
        if state.changes == state.deadlyChange { state.isDead = true }
        state.changes += 1
        return !state.isDead
    }

    private final class Reading: ReadableFile {
        private let rest: Mutex<ArraySlice<UInt8>>

        init(bytes: [UInt8]) { rest = Mutex(bytes[...]) }

        /// In small pieces, so that lines cross their borders.
        func read(_ count: Int) throws(FileError) -> [UInt8] {
            rest.withLock { rest in
                defer { rest = rest.dropFirst(min(count, 1_000)) }
                return Array(rest.prefix(min(count, 1_000)))
            }
        }
    }

    private final class Appending: AppendableFile {
        private let files: SimulatedFiles
        private let path: String

        init(files: SimulatedFiles, path: String) {
            self.files = files
            self.path = path
        }

        func append(_ bytes: ArraySlice<UInt8>) -> (written: Int, failure: FileError?) {
            files.state.withLock { state in
                let wasDead = state.isDead
                let survives = SimulatedFiles.survives(&state)
                guard survives || !wasDead else { return (0, error("the process is dead")) }
                // What a dying process wrote is cut where the number of changes says, which is as good as random.
                let possible = survives ? bytes.count : state.changes * 31 % (bytes.count + 1)
                let written = min(possible, state.free ?? possible)
                state.contents[path]?.append(contentsOf: bytes.prefix(written))
                state.free? -= written
                if !survives { return (0, error("the process is dead")) }
                return (written, written < bytes.count ? error("No space left on device") : nil)
            }
        }

        func synchronize() throws(FileError) {
            if files.state.withLock(\.failsToSynchronize) {
                throw FileError(operation: "synchronize", path: path, reason: "Input/output error")
            }
            try files.change("synchronize", path) { _ in }
        }

        func close() {}

        private func error(_ reason: String) -> FileError {
            FileError(operation: "write", path: path, reason: reason)
        }
    }

    private final class Locked: FileLock {
        private let files: SimulatedFiles
        private let path: String

        init(files: SimulatedFiles, path: String) {
            self.files = files
            self.path = path
        }

        deinit { release() }

        func release() { files.state.withLock { _ = $0.locked.remove(path) } }
    }
}
