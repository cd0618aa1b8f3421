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

/// What `anteroom verify-draw` does: recomputes the draws of rooms from their events.
package struct DrawCommand {
    /// Where the events are.
    package enum Source {
        /// NATS, as the configuration names it.
        case stream(Configuration)
        /// The folder of an embedded store.
        case journal(String)
        /// A file of CloudEvents, one JSON object a line.
        case events(String)
    }

    /// So many mistakes of a room are written out.
    private static let shown = 20

    /// For a person, one line for each draw, each mistake and, if asked for, each position.
    package private(set) var lines: [String] = []
    package private(set) var isSound = true
    private var checkers: [RoomID: DrawChecker] = [:]
    private var publications: [RoomID: DrawPublication] = [:]
    private var published: [UInt8] = []
    private let room: RoomID?
    private let publishes: Bool

    private init(room: RoomID?, publishes: Bool) {
        self.room = room
        self.publishes = publishes
    }

    /// - Parameters:
    ///   - room: only this one.
    ///   - commitment: what was read on the page, or anywhere before the opening: a draw must have it.
    ///   - listsOrder: each position, with its place and the sequence of its join.
    ///   - publication: a file to write what anybody needs to check the draws.
    /// - Throws: what keeps it from reading, in one line.
    package static func run(
        _ source: Source, room name: String?, commitment: String?, listsOrder: Bool, publication: String?
    ) async throws -> DrawCommand {
        let room = try name.map { name throws(Refusal) in
            guard let room = RoomID(name) else { throw Refusal("\(name) is no room's id") }
            return room
        }
        let expected = try commitment.map { text throws(Refusal) in
            guard let commitment = DrawCommitment(hex: text) else {
                throw Refusal("\(text) is no commitment: write the 64 hexadecimal digits")
            }
            return commitment
        }
        var command = DrawCommand(room: room, publishes: publication != nil)
        switch source {
        case .stream(let configuration): try await command.read(configuration)
        case .journal(let path): try command.read(journal: path)
        case .events(let path): try command.read(events: path)
        }
        command.conclude(expected, listsOrder: listsOrder)
        if let publication {
            do {
                try Data(command.published).write(to: URL(fileURLWithPath: publication), options: .atomic)
            } catch {
                throw Refusal("\(publication): cannot be written: \(error)")
            }
        }
        return command
    }

    // MARK: Reading

    private mutating func observe(_ event: RoomEvent) {
        guard room == nil || room == event.room else { return }
        checkers[event.room, default: DrawChecker()].observe(event)
        guard publishes else { return }
        if let line = publications[event.room, default: DrawPublication()].published(event) {
            published += line + [UInt8(ascii: "\n")]
        }
    }

    private mutating func read(_ configuration: Configuration) async throws {
        let log = try CommandRooms.log(configuration)
        do {
            try await log.waitForConnection(HistoryCommand.patience)
            for room in try CommandRooms.named(room?.text, in: configuration)
            where try await log.standing(of: room) != nil {
                let history = try await log.history(of: room)
                var last: UInt64 = 0
                while let events = try await history.next() {
                    // What was stored twice is one event.
                    for event in events where event.sequence > last {
                        observe(event)
                        last = event.sequence
                    }
                }
            }
        } catch {
            await log.close()
            throw error
        }
        await log.close()
    }

    private mutating func read(journal path: String) throws {
        var events: [RoomEvent] = []
        try JournalEvents.read(directory: path) { event in
            if case .sessionStarted = event.change { return }
            events.append(event)
        }
        for event in events { observe(event) }
    }

    private mutating func read(events path: String) throws {
        guard let data = try? Data(contentsOf: URL(fileURLWithPath: path), options: .alwaysMapped) else {
            throw Refusal("\(path): cannot be read")
        }
        for (number, line) in data.split(separator: UInt8(ascii: "\n")).enumerated() {
            do {
                if let event = try CloudEvent.event(reading: Array(line)) { observe(event) }
            } catch {
                throw Refusal("\(path), line \(number + 1): \(error)")
            }
        }
    }

    // MARK: Telling

    private mutating func conclude(_ expected: DrawCommitment?, listsOrder: Bool) {
        var commitments: [DrawCommitment] = []
        for (room, checker) in checkers.sorted(by: { $0.key.text < $1.key.text }) {
            for result in checker.results {
                commitments.append(result.commitment)
                lines.append(
                    "room \(room): \(result.order.count) were drawn, from \(result.startedAt.rfc3339) to "
                        + "\(result.revealedAt.rfc3339), commitment \(result.commitment), seed \(result.seed.hex)")
                guard listsOrder else { continue }
                for (index, entry) in result.order.enumerated() {
                    lines.append("\(index + 1) \(entry.id) \(entry.join)")
                }
            }
            if checker.isUnfinished, let commitment = checker.commitment {
                isSound = false
                lines.append("room \(room): the seed of commitment \(commitment) is not revealed in this record")
            }
            let mistakes = checker.mistakes
            if !mistakes.isEmpty { isSound = false }
            lines += mistakes.prefix(Self.shown).map { "room \(room): \($0)" }
            if mistakes.count > Self.shown { lines.append("room \(room): and \(mistakes.count - Self.shown) more") }
        }
        if let expected, !commitments.contains(expected) {
            isSound = false
            lines.append("no draw in this record was published with the commitment \(expected)")
        }
        if commitments.isEmpty {
            isSound = false
            lines.append("this record holds no draw that can be checked")
        } else if isSound {
            lines.append("every seed, list and order agrees")
        }
    }
}
