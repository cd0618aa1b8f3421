import Foundation
import NIOCore
import NIOPosix
import Testing

@testable import DragonflyStore

/// A redis-server of one test, on a free port, that keeps nothing.
final class RedisServer {
    static let path = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        .map { "\($0)/redis-server" }.first { FileManager.default.isExecutableFile(atPath: $0) }

    let port: Int
    private let folder: URL
    private let arguments: [String]
    private var process: Process?

    init(_ arguments: String...) async throws {
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(host: "127.0.0.1", port: 0).get()
        port = try #require(channel.localAddress?.port)
        try await channel.close()
        folder = FileManager.default.temporaryDirectory.appending(path: "anteroom-redis-\(port)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        self.arguments = arguments
    }

    /// Ends it for good. To be deferred, so that the server lives as long as its test.
    func stop() {
        if let process, process.isRunning {
            Foundation.kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
        }
        try? FileManager.default.removeItem(at: folder)
    }

    func start() throws {
        let process = Process()
        process.executableURL = URL(filePath: try #require(Self.path))
        process.arguments =
            ["--port", "\(port)", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", folder.path]
            + arguments
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        self.process = process
    }

    /// As a crash would.
    func kill() throws {
        let process = try #require(process)
        Foundation.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    func signal(_ signal: Int32) throws { Foundation.kill(try #require(process).processIdentifier, signal) }
}
