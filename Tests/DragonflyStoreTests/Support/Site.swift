import Foundation
import Logging
import NIOPosix
import QueueStore
import RoomConfiguration
import Testing
import WaitingRoom

@testable import DragonflyStore

/// The server that `DRAGONFLYDB_URL` names, and stores on it.
struct Site {
    static let url = ProcessInfo.processInfo.environment["DRAGONFLYDB_URL"]
    static let skipped: Comment = "DRAGONFLYDB_URL names no server"
    static let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    let address: StoreAddress

    init() throws { address = try StoreAddress(try #require(Self.url)) }

    init(address: StoreAddress) { self.address = address }

    /// A connected store.
    func store(
        clock: ManualClock?, needsTrust: Bool = false, viewLifetime: Milliseconds = Milliseconds(0),
        timeout: Duration = .seconds(5)
    ) async throws -> DragonflyStore {
        var time: (@Sendable () -> Timestamp)?
        if let clock { time = { clock.now } }
        let store = try DragonflyStore(
            address: address, needsTrust: needsTrust, viewLifetime: viewLifetime,
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton, timeout: timeout, clock: time, logger: Self.silent)
        try await store.connect()
        return store
    }

    /// A room of its own for each test, so that they may run side by side on one server.
    static func room(_ name: String = "room") throws -> RoomID {
        try #require(RoomID("\(name)-\(String(UInt64.random(in: 0...UInt64.max), radix: 36))"))
    }

    static func id(_ number: UInt64) -> PositionID {
        PositionID(
            bits: UUIDBits(
                high: (number &* 0x9e37_79b9_7f4a_7c15) & 0xffff_ffff_ffff_0fff | 0x4000,
                low: number & 0x3fff_ffff_ffff_ffff | 1 << 63))
    }

    static func arrival(_ number: UInt64, priority: Int = 0) -> Arrival {
        Arrival(
            id: id(number), priority: priority,
            userID: number % 3 == 0 ? UserID("user \"\(number)\"", isVerified: number % 2 == 0) : nil,
            metadata: number % 4 == 0 ? ["line\n": "é\u{1}\\,=%", "m.x": ""] : [:],
            client: Client(address: "192.0.2.1", userAgent: "test"),
            addressDigest: number % 5 == 0 ? nil : AddressDigest(number % 4))
    }
}

extension DragonflyStore {
    /// What the server calls this connection.
    func clientID() async throws -> Int { try await command("CLIENT", "ID").integer ?? 0 }

    /// The whole outbox.
    func history(of room: RoomID) async throws -> [RoomEvent] {
        try await outbox(of: room, limit: 1_000_000)
    }

    /// Removes every key of a room, so that a fixed name can be used again.
    func wipe(_ room: RoomID) async throws {
        var cursor = "0"
        repeat {
            let reply = try await command("SCAN", cursor, "MATCH", "ar:{\(room)}:*", "COUNT", "1000")
            let keys = (reply.array?[1].array ?? []).compactMap(\.text)
            if !keys.isEmpty { _ = try await command(Command(["UNLINK"] + keys)) }
            cursor = reply.array?[0].text ?? "0"
        } while cursor != "0"
    }
}
