import Foundation
import NIOPosix
import QueueStore
import RoomConfiguration
import Testing
import WaitingRoom

@testable import DragonflyStore

@Suite(.enabled(if: RedisServer.path != nil, "there is no redis-server in PATH"))
struct ReconnectTests {
    /// Asks until the answer is as expected, at most 1,000 times.
    private func until(_ isReached: () async -> Bool) async throws {
        for _ in 0..<1_000 {
            if await isReached() { return }
            try await Task.sleep(for: .milliseconds(20))
        }
        Issue.record("what was waited for did not come")
    }

    @Test(
        "While the server is gone steps fail at once and say why; when it is back they go on", .timeLimit(.minutes(1)))
    func killed() async throws {
        let server = try await RedisServer()
        defer { server.stop() }
        let address = StoreAddress(host: "127.0.0.1", port: server.port)
        let store = try DragonflyStore(
            address: address, eventLoopGroup: MultiThreadedEventLoopGroup.singleton, logger: Site.silent)
        let running = Task { await store.run() }
        let room = try Site.room()
        let settings = RoomSettings(id: room, maxActiveUsers: 1)
        do {
            _ = try await store.facts(of: room)
            Issue.record("a store without a server answers")
        } catch {
            #expect(error.code == .unavailable)
        }
        for _ in 1...2 {
            try server.start()
            try await until { (try? await store.ping()) != nil }
            try await store.configure([settings])
            _ = try await store.arrive(Site.arrival(1), in: room)
            try server.kill()
            try await until { (try? await store.ping()) == nil }
            do {
                _ = try await store.arrive(Site.arrival(2), in: room)
                Issue.record("a dead server answers")
            } catch {
                #expect(error.code == .unavailable)
                #expect(error.message.contains("127.0.0.1:\(server.port)"))
            }
        }
        store.close()
        await running.value
    }

    @Test(
        "A server that stands still is given up after the deadline, and used again when it goes on",
        .timeLimit(.minutes(1)))
    func stopped() async throws {
        let server = try await RedisServer()
        defer { server.stop() }
        try server.start()
        let address = StoreAddress(host: "127.0.0.1", port: server.port)
        let store = try DragonflyStore(
            address: address, eventLoopGroup: MultiThreadedEventLoopGroup.singleton, timeout: .milliseconds(200),
            logger: Site.silent)
        let running = Task { await store.run() }
        try await until { (try? await store.ping()) != nil }
        try server.signal(SIGSTOP)
        await #expect(throws: StoreError.self) { try await store.ping() }
        try server.signal(SIGCONT)
        try await until { (try? await store.ping()) != nil }
        running.cancel()
        await running.value
    }

    @Test("An ACL user logs in, a wrong password is told without being shown", .timeLimit(.minutes(1)))
    func login() async throws {
        let server = try await RedisServer(
            "--user", "ann", "on", ">secret", "~ar:*", "&*", "+@all", "--user", "default", "off")
        defer { server.stop() }
        try server.start()
        let text = "redis://ann:secret@127.0.0.1:\(server.port)/3"
        let right = try DragonflyStore(
            address: try StoreAddress(text), eventLoopGroup: MultiThreadedEventLoopGroup.singleton, logger: Site.silent)
        try await until { (try? await right.connect()) != nil }
        try await right.ping()
        let room = try Site.room()
        try await right.configure([RoomSettings(id: room)])
        #expect(try await right.facts(of: room).waiting == 0)
        right.close()
        let wrong = try DragonflyStore(
            address: try StoreAddress(text.replacing("secret", with: "hunter2")),
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton, logger: Site.silent)
        do {
            try await wrong.connect()
            Issue.record("a wrong password is accepted")
        } catch {
            #expect(error.message.contains("cannot log in: WRONGPASS"))
            #expect(!error.message.contains("hunter2"))
        }
    }
}
