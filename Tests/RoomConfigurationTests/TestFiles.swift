import RoomConfiguration
import Synchronization

/// A file system in memory. Each write makes a new version.
final class TestFiles: Sendable {
    private struct File {
        var bytes: [UInt8]
        var version: Int64
    }

    private struct State {
        var files: [String: File] = [:]
        var version: Int64 = 0
    }

    private let state = Mutex(State())

    init(_ files: [String: String] = [:]) {
        for (path, text) in files { write(text, to: path) }
    }

    func write(_ text: String, to path: String) {
        write(Array(text.utf8), to: path)
    }

    func write(_ bytes: [UInt8], to path: String) {
        state.withLock { state in
            state.version += 1
            state.files[path] = File(bytes: bytes, version: state.version)
        }
    }

    func remove(_ path: String) {
        state.withLock { $0.files[path] = nil }
    }

    var access: FileAccess {
        FileAccess(
            stamp: { path in
                self.state.withLock { $0.files[path] }.map { file in
                    FileStamp(device: 1, inode: 1, size: Int64(file.bytes.count), modified: file.version)
                }
            },
            read: { (path, limit) throws(FileProblem) in
                guard let file = self.state.withLock({ $0.files[path] }) else {
                    throw .system("No such file or directory")
                }
                guard file.bytes.count <= limit else { throw .tooLarge }
                return file.bytes
            })
    }
}

/// The outcome of loading one file by the name of `a.yml`.
func load(
    _ text: String, environment: [String: String] = [:], other: [String: String] = [:],
    checkTemplate: @escaping @Sendable (String) -> String? = { _ in nil }, pemChecks: PEMChecks = PEMChecks()
) -> Result<Configuration, ConfigurationMistakes> {
    load(Array(text.utf8), environment: environment, other: other, checkTemplate: checkTemplate, pemChecks: pemChecks)
}

func load(
    _ bytes: [UInt8], environment: [String: String] = [:], other: [String: String] = [:],
    checkTemplate: @escaping @Sendable (String) -> String? = { _ in nil }, pemChecks: PEMChecks = PEMChecks()
) -> Result<Configuration, ConfigurationMistakes> {
    let files = TestFiles(other)
    files.write(bytes, to: "a.yml")
    let loader = ConfigurationLoader(files: files.access, checkTemplate: checkTemplate, pemChecks: pemChecks)
    return Result { () throws(ConfigurationMistakes) in try loader.load(path: "a.yml", environment: environment) }
}

/// The messages of the problems that loading `text` finds; empty if none.
func problems(_ text: String, environment: [String: String] = [:]) -> [String] {
    guard case .failure(let mistakes) = load(text, environment: environment) else { return [] }
    return mistakes.problems.map(\.description)
}

/// A file with one room that has these lines besides what it must have.
func room(_ lines: String...) -> String {
    (["rooms:", "  - id: shop", "    target_url: http://127.0.0.1:9000"] + lines.map { "    " + $0 })
        .joined(separator: "\n")
}

/// The text of a file of the repository.
func repositoryFile(_ path: String, from test: String = #filePath) throws -> String {
    let root = test.split(separator: "/").dropLast(3).joined(separator: "/")
    return String(decoding: try FileAccess.system.read("/\(root)/\(path)", 1024 * 1024), as: UTF8.self)
}
