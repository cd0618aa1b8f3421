import Logging
import QueueStore
import Synchronization
import Testing
import VisitorAPI
import WaitingRoom

@testable import AnteroomServer

@Suite struct LineWorkerTests {
    /// What the worker said and told.
    private final class Heard: Sendable {
        private let state = Mutex<(warnings: [String], conducts: [RoomSettings])>(([], []))

        func warn(_ message: String) { state.withLock { $0.warnings.append(message) } }

        func conduct(_ settings: RoomSettings) { state.withLock { $0.conducts.append(settings) } }

        var warnings: [String] { state.withLock(\.warnings) }
        var last: RoomSettings? { state.withLock(\.conducts.last) }
    }

    private struct Handler: LogHandler {
        let heard: Heard
        var logLevel = Logger.Level.warning
        var metadata: Logger.Metadata = [:]

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) { heard.warn("\(event.message)") }
    }

    /// Calls `body` with a room of a gate whose worker runs.
    private static func withWorker(
        _ body: (MemoryStore, LineWorker, Heard, RoomSettings) async throws -> Void
    ) async throws {
        let clock: @Sendable () -> Timestamp = { SystemClock.now }
        let room = RoomSettings(id: try #require(RoomID("hall")), admissionInterval: Milliseconds(50))
        let store = MemoryStore(clock: clock)
        try await store.configure([room])
        let heard = Heard()
        let logger = Logger(label: "test") { _ in Handler(heard: heard) }
        let monitor = RoomMonitor()
        let worker = LineWorker(
            store: store, rooms: [RoomSchedule(room)],
            flusher: ActivityFlusher(store: store, loops: [], logger: logger), monitor: monitor,
            metrics: LineMetrics(monitor: monitor), desks: [], clock: clock,
            conduct: { settings, _ in heard.conduct(settings) }, logger: logger)
        let running = Task { try await worker.run() }
        defer { running.cancel() }
        try await body(store, worker, heard, room)
    }

    /// Gives up after far more steps than it should take.
    private static func settles(_ condition: () -> Bool) async throws -> Bool {
        for _ in 0..<400 where !condition() { try await Task.sleep(for: .milliseconds(25)) }
        return condition()
    }

    @Test("What an operator sets reaches the data path, and the gate does not take it for another gate's file")
    func overrides() async throws {
        try await Self.withWorker { store, worker, heard, room in
            let actor = try #require(OperatorName("night"))
            #expect(try await Self.settles { heard.last?.status == .active })
            _ = try await store.override(RoomOverrides(status: .maintenance), by: actor, in: room.id)
            #expect(try await Self.settles { heard.last?.status == .maintenance })
            // The file changes beneath.
            var changed = room
            changed.maxActiveUsers = 7
            worker.apply([RoomSchedule(changed)])
            #expect(try await Self.settles { heard.last?.maxActiveUsers == 7 })
            #expect(heard.last?.status == .maintenance)
            _ = try await store.override(RoomOverrides(), by: actor, in: room.id)
            #expect(try await Self.settles { heard.last?.status == .active })
            #expect(heard.warnings.isEmpty)
        }
    }

    @Test("Limits that another gate's file set are said, whatever an operator has put over them")
    func otherFile() async throws {
        try await Self.withWorker { store, _, heard, room in
            let actor = try #require(OperatorName("night"))
            #expect(try await Self.settles { heard.last != nil })
            _ = try await store.override(
                RoomOverrides(maxActiveUsers: room.maxActiveUsers), by: actor, in: room.id)
            var other = room
            other.maxActiveUsers = 3
            try await store.configure([other])
            #expect(try await Self.settles { !heard.warnings.isEmpty })
            #expect(heard.warnings.allSatisfy { $0.hasPrefix("Another gate has set other limits") })
        }
    }
}
