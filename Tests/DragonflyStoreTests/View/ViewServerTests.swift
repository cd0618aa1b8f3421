import Foundation
import QueueStore
import RoomConfiguration
import Testing
import WaitingRoom

@testable import DragonflyStore

/// What needs a server of its own: its counters, or its death.
@Suite(.enabled(if: RedisServer.path != nil, "there is no redis-server in PATH"))
struct ViewServerTests {
    private let clock = ManualClock()

    private func viewing(_ server: RedisServer) async throws -> DragonflyStore {
        let site = Site(address: StoreAddress(host: "127.0.0.1", port: server.port))
        for _ in 0..<500 {
            if let store = try? await site.store(clock: clock, viewLifetime: .seconds(1)) { return store }
            try await Task.sleep(for: .milliseconds(20))
        }
        return try await site.store(clock: clock, viewLifetime: .seconds(1))
    }

    /// How many scripts ran since the last call.
    private func scripts(_ store: DragonflyStore) async throws -> Int {
        let text = try await store.command("INFO", "commandstats").text ?? ""
        _ = try await store.command("CONFIG", "RESETSTAT")
        let calls = text.split(separator: "cmdstat_evalsha:calls=").dropFirst().first?.prefix { $0.isNumber }
        return calls.flatMap { Int($0) } ?? 0
    }

    @Test("A poll of somebody who waits sends nothing to the store; a view is fetched once in its lifetime")
    func steadyState() async throws {
        let server = try await RedisServer()
        defer { server.stop() }
        try server.start()
        let store = try await viewing(server)
        defer { store.close() }
        let room = try Site.room()
        try await store.configure([RoomSettings(id: room, maxActiveUsers: 0, maxQueueSize: 0)])
        for number in 1...100 as ClosedRange<UInt64> { _ = try await store.enqueue(Site.arrival(number), in: room) }
        let other = try await viewing(server)
        defer { other.close() }
        for gate in [store, other] {
            clock.advance(by: .seconds(1))
            _ = try await gate.places(of: (1...100).map { Site.id($0) }, in: room)
        }
        for gate in [store, other] {
            clock.advance(by: .seconds(1))
            _ = try await scripts(store)
            try await withThrowingTaskGroup(of: Place?.self) { group in
                for poll in 0..<400 as Range<UInt64> {
                    group.addTask { try await gate.places(of: [Site.id(1 + poll % 100)], in: room)[0] }
                }
                for try await place in group { #expect(place?.totalWaiting == 100) }
            }
            #expect(try await scripts(store) == 1)
            clock.advance(by: Milliseconds(999))
            for _ in 1...3 { _ = try await gate.places(of: (1...100).map { Site.id($0) }, in: room) }
            #expect(try await scripts(store) == 0)
            #expect(try await gate.places(of: [Site.id(5)], in: room, seeing: 0)[0]?.rank == 5)
        }
    }

    @Test("Whoever has just joined costs the gate where that was no look-up")
    func joined() async throws {
        let server = try await RedisServer()
        defer { server.stop() }
        try server.start()
        let store = try await viewing(server)
        defer { store.close() }
        let room = try Site.room()
        try await store.configure([RoomSettings(id: room, maxActiveUsers: 0, maxQueueSize: 0)])
        _ = try await store.enqueue(Site.arrival(1), in: room)
        _ = try await store.places(of: [Site.id(1)], in: room)
        for number in 2...5 as ClosedRange<UInt64> { _ = try await store.enqueue(Site.arrival(number), in: room) }
        _ = try await scripts(store)
        let places = try await store.places(of: (1...5).map { Site.id($0) }, in: room)
        #expect(places.map { $0?.rank } == [1, 2, 3, 4, 5])
        #expect(places.map { $0?.totalWaiting } == [1, 2, 3, 4, 5])
        #expect(places[2]?.position.userID == Site.arrival(3).userID)
        #expect(places[3]?.position.metadata == Site.arrival(4).metadata)
        #expect(try await scripts(store) == 0)
        clock.advance(by: .seconds(1))
        let later = try await store.places(of: (1...5).map { Site.id($0) }, in: room)
        #expect(later.map { $0?.totalWaiting } == [5, 5, 5, 5, 5])
        #expect(try await scripts(store) == 1)
    }

    @Test(
        "Behind a new connection nobody is taken for the one who stood there before the store fell back",
        .timeLimit(.minutes(1)))
    func older() async throws {
        let server = try await RedisServer()
        defer { server.stop() }
        try server.start()
        let store = try await viewing(server)
        let running = Task { await store.run() }
        let room = try Site.room()
        try await store.configure([RoomSettings(id: room, maxActiveUsers: 0, maxQueueSize: 0)])
        _ = try await store.enqueue(Site.arrival(1), in: room)
        _ = try await store.command("SAVE")
        for number in 2...9 as ClosedRange<UInt64> { _ = try await store.enqueue(Site.arrival(number), in: room) }
        clock.advance(by: .seconds(1))
        #expect(try await store.places(of: [Site.id(4)], in: room)[0]?.rank == 4)
        try server.kill()
        try server.start()
        for _ in 0..<500 {
            if (try? await store.ping()) != nil { break }
            try await Task.sleep(for: .milliseconds(20))
        }
        let other = try await viewing(server)
        defer { other.close() }
        for number in 12...19 as ClosedRange<UInt64> { _ = try await other.enqueue(Site.arrival(number), in: room) }
        clock.advance(by: .seconds(1))
        let places = try await store.places(of: [Site.id(1), Site.id(4), Site.id(14)], in: room)
        #expect(places.map { $0?.rank } == [1, nil, 4])
        running.cancel()
        await running.value
    }
}
