import HistoryChecker
import NATSBus
import QueueStore
package import RoomConfiguration
import WaitingRoom

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// What `anteroom history` does: reads the rooms' events from the stream and says whether they keep the invariants of
/// docs/ARCHITECTURE.md.
package struct HistoryCommand {
    /// How long NATS may take to be there.
    static let patience = Duration.seconds(5)
    /// So many violations of a room are written out.
    private static let shown = 20

    /// For a person, one line for each room and each violation.
    package private(set) var lines: [String] = []
    package private(set) var isSound = true

    /// - Parameters:
    ///   - room: only this one.
    ///   - acknowledged: a file with a room and a position's id in each line: the history must know them all.
    /// - Throws: what keeps it from reading, in one line.
    package static func run(
        _ configuration: Configuration, room: String?, acknowledged: String?
    ) async throws -> HistoryCommand {
        let rooms = try CommandRooms.named(room, in: configuration)
        let promised = try acknowledged.map(read) ?? [:]
        let log = try CommandRooms.log(configuration)
        var command = HistoryCommand()
        do {
            try await log.waitForConnection(patience)
            for room in rooms { try await command.check(room, log, promised[room] ?? []) }
        } catch {
            await log.close()
            throw error
        }
        await log.close()
        return command
    }

    private mutating func check(_ room: RoomID, _ log: StreamLog, _ promised: [PositionID]) async throws {
        var checker = HistoryChecker()
        var tally: [String: Int] = [:]
        var last: UInt64 = 0
        if try await log.standing(of: room) != nil {
            let history = try await log.history(of: room)
            while let events = try await history.next() {
                // What was stored twice, long after the server had forgotten its id, is one event.
                for event in events where event.sequence > last {
                    checker.observe(event)
                    tally[event.change.kind, default: 0] += 1
                    last = event.sequence
                }
            }
        }
        checker.requireKnown(promised, in: room)
        let found = checker.violations
        if !found.isEmpty { isSound = false }
        lines += found.prefix(Self.shown).map { "\($0)" }
        if found.count > Self.shown { lines.append("room \(room): and \(found.count - Self.shown) more") }
        let kinds = tally.sorted(by: <).map { "\($0.value) \($0.key)" }.joined(separator: ", ")
        lines.append(
            "room \(room): \(last) events\(kinds.isEmpty ? "" : " (\(kinds))"), "
                + (found.isEmpty ? "no violation" : "\(found.count) violations"))
    }

    private static func read(_ path: String) throws -> [RoomID: [PositionID]] {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
            throw Refusal("\(path): cannot be read")
        }
        var promised: [RoomID: [PositionID]] = [:]
        for (number, line) in text.split(separator: "\n").enumerated() {
            let words = line.split(separator: " ")
            guard words.count == 2, let room = RoomID(words[0]), let position = PositionID(words[1]) else {
                throw Refusal("\(path), line \(number + 1): must be a room and a position's id: \(line)")
            }
            promised[room, default: []].append(position)
        }
        return promised
    }
}
