import HistoryChecker
import NATSBus
import QueueStore
import RecordChain
package import RoomConfiguration
import WaitingRoom

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// What `anteroom history` does: reads the rooms' events and says whether they keep the invariants of
/// docs/ARCHITECTURE.md, and whether they are those that were recorded.
package struct HistoryCommand {
    /// How long NATS may take to be there.
    static let patience = Duration.seconds(5)
    /// So many violations of a room are written out.
    private static let shown = 20

    /// For a person, one line for each room and each violation.
    package private(set) var lines: [String] = []
    package private(set) var isSound = true

    /// The rooms' events in the stream.
    /// - Parameters:
    ///   - room: only this one.
    ///   - acknowledged: a file with a room and a position's id in each line: the history must know them all.
    ///   - heads: a file of published heads, one a line: the chains must go through them all.
    /// - Throws: what keeps it from reading, in one line.
    package static func run(
        _ configuration: Configuration, room: String?, acknowledged: String?, heads: String?
    ) async throws -> HistoryCommand {
        let rooms = try CommandRooms.named(room, in: configuration)
        let promised = try acknowledged.map(read) ?? [:]
        let kept = try heads.map { try KeptHeads(path: $0) }
        let log = try CommandRooms.log(configuration)
        var command = HistoryCommand()
        do {
            try await log.waitForConnection(patience)
            for room in rooms { try await command.check(room, log, promised[room] ?? [], kept) }
        } catch {
            await log.close()
            throw error
        }
        await log.close()
        return command
    }

    /// The same of a journal: from its snapshot on, which takes the place of what was before.
    package static func run(journal directory: String, room: String?, heads: String?) throws -> HistoryCommand {
        let kept = try heads.map { try KeptHeads(path: $0) }
        var rooms: [RoomID: (checker: HistoryChecker, isWhole: Bool, chain: ChainChecker, events: Int)] = [:]
        try JournalRecord.read(directory: directory) { entry in
            switch entry {
            case .snapshot(let room, let head):
                var chain = ChainChecker(kept: kept?.hashes(of: room.id, openedAt: room.createdAt) ?? [:])
                chain.begin(after: room.eventSequence, head)
                rooms[room.id] = (HistoryChecker(), false, chain, 0)
            case .event(let event, let text):
                if rooms[event.room] == nil {
                    let chain = ChainChecker(kept: kept?.hashes(of: event.room, openedAt: event.time) ?? [:])
                    rooms[event.room] = (HistoryChecker(), true, chain, 0)
                }
                rooms[event.room]?.events += 1
                rooms[event.room]?.chain.observe(text, sequence: event.sequence)
                if rooms[event.room]?.isWhole == true { rooms[event.room]?.checker.observe(event) }
            }
        }
        var command = HistoryCommand()
        for (id, read) in rooms.sorted(by: { $0.key.text < $1.key.text }) where room.map({ $0 == id.text }) ?? true {
            command.report(id, read.checker.violations, read.chain)
            if read.isWhole {
                command.lines.append("room \(id): \(read.events) events in the journal")
            } else if read.events > 0 {
                command.lines.append(
                    "room \(id): \(read.events) events in the journal, behind a snapshot: order, slots and rate are not "
                        + "checked")
            } else {
                command.lines.append(
                    "room \(id): no events behind the snapshot, which stands for those to \(read.chain.sequence)"
                        + (read.chain.head.map { ", head \($0)" } ?? ""))
            }
        }
        return command
    }

    private mutating func check(
        _ room: RoomID, _ log: StreamLog, _ promised: [PositionID], _ kept: KeptHeads?
    ) async throws {
        var checker = HistoryChecker()
        var tally: [String: Int] = [:]
        var last: UInt64 = 0
        var chain = ChainChecker()
        if let standing = try await log.standing(of: room) {
            let history = try await log.history(
                of: room, kept: kept?.hashes(of: room, openedAt: standing.opened) ?? [:])
            while let events = try await history.next() {
                // What was stored twice, long after the server had forgotten its id, is one event.
                for event in events where event.sequence > last {
                    checker.observe(event)
                    tally[event.change.kind, default: 0] += 1
                    last = event.sequence
                }
            }
            chain = history.chain
        }
        checker.requireKnown(promised, in: room)
        let found = checker.violations
        report(room, found, chain)
        let kinds = tally.sorted(by: <).map { "\($0.value) \($0.key)" }.joined(separator: ", ")
        lines.append(
            "room \(room): \(last) events\(kinds.isEmpty ? "" : " (\(kinds))"), "
                + (found.isEmpty ? "no violation" : "\(found.count) violations"))
    }

    private mutating func report(_ room: RoomID, _ violations: [Violation], _ chain: ChainChecker) {
        let breaks = chain.breaks + chain.missing
        if !violations.isEmpty || !breaks.isEmpty { isSound = false }
        let found = breaks.map { "room \(room), \($0)" } + violations.map { "\($0)" }
        lines += found.prefix(Self.shown)
        if found.count > Self.shown { lines.append("room \(room): and \(found.count - Self.shown) more") }
        guard let head = chain.head, let beginning = chain.beginning else {
            if chain.sequence > 0 { lines.append("room \(room): its record has no chain") }
            return
        }
        // Nothing follows the snapshot with which the chain goes on.
        guard beginning <= chain.sequence else { return }
        lines.append(
            "room \(room): the chain "
                + (breaks.isEmpty ? "holds" : "is broken")
                + " from event \(beginning) to \(chain.sequence), head \(head)")
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
