import HistoryChecker
import NATSBus
import QueueStore
package import RoomConfiguration
import WaitingRoom

/// What `anteroom explain` does: reads the rooms' events and tells what became of one position.
package enum ExplainCommand {
    /// Where the events are.
    package enum Source {
        /// Where the configuration says: in the stream, or else in the journal of the embedded store.
        case configured(Configuration)
        case journal(String)
        case stream(NATSAddress)
    }

    /// - Parameters:
    ///   - room: only this one; of a stream that is named without a configuration it must be.
    ///   - asJSON: for programs, one object; else for a person, a line for each entry and one with the sum.
    /// - Throws: what keeps it from reading, or that nothing is known, in one line.
    package static func run(
        _ text: String, in source: Source, room: String?, asJSON: Bool
    ) async throws -> [String] {
        guard let position = PositionID(text) else {
            throw Refusal("\(text) is not a position's id; write a UUID, as position_id has it")
        }
        let account: (RoomID, PositionAccount)?
        switch source {
        case .journal(let directory): account = try journal(directory, position, room)
        case .stream(let address):
            guard let room = room.flatMap({ RoomID($0) }) else {
                throw Refusal("--nats needs --room: without a configuration the rooms are not known")
            }
            account = try await stream(try StreamLog(address, name: "anteroom-command"), position, [room])
        case .configured(let configuration):
            let rooms = try CommandRooms.named(room, in: configuration)
            if configuration.events.nats != nil {
                account = try await stream(try CommandRooms.log(configuration), position, rooms)
            } else if configuration.store.address == nil {
                account = try journal(configuration.store.dataDirectory, position, room)
            } else {
                throw Refusal("events.nats_url is not set: without NATS a shared store keeps no record of events")
            }
        }
        guard let (room, account) = account else { throw Refusal("no record of position \(position) was found") }
        return asJSON ? [json(account, position, room)] : words(account, position, room)
    }

    private static func journal(
        _ directory: String, _ position: PositionID, _ room: String?
    ) throws -> (RoomID, PositionAccount)? {
        var accounts: [RoomID: PositionAccount] = [:]
        var failure: InvalidEvent?
        try JournalRecord.read(directory: directory) { entry in
            switch entry {
            case .snapshot(let room, _): accounts[room.id] = PositionAccount(of: position, in: room)
            case .event(let event, _):
                do throws(InvalidEvent) {
                    try accounts[event.room, default: PositionAccount(of: position)].observe(event)
                } catch {
                    failure = failure ?? error
                }
            }
        }
        if let failure { throw failure }
        return accounts.first { $0.value.isKnown && room.map { [id = $0.key] in $0 == id.text } ?? true }
            .map { ($0.key, $0.value) }
    }

    private static func stream(
        _ log: StreamLog, _ position: PositionID, _ rooms: [RoomID]
    ) async throws -> (RoomID, PositionAccount)? {
        do {
            try await log.waitForConnection(HistoryCommand.patience)
            var found: (RoomID, PositionAccount)?
            for room in rooms where found == nil {
                guard try await log.standing(of: room) != nil else { continue }
                let history = try await log.history(of: room)
                var account = PositionAccount(of: position)
                var last: UInt64 = 0
                while let events = try await history.next() {
                    for event in events where event.sequence > last {
                        try account.observe(event)
                        last = event.sequence
                    }
                }
                if account.isKnown { found = (room, account) }
            }
            await log.close()
            return found
        } catch {
            await log.close()
            throw error
        }
    }

    private static func words(_ account: PositionAccount, _ position: PositionID, _ room: RoomID) -> [String] {
        ["Position \(position) in room \(room)"] + account.entries.map { "\($0.time.clock)  \($0.text)" }
            + [account.summary]
    }

    private static func json(_ account: PositionAccount, _ position: PositionID, _ room: RoomID) -> String {
        var json = JSONText()
        json.object {
            $0.member("position_id", position.description)
            $0.member("queue_id", room.text)
            if account.position != position {
                let isReturn = account.position.isReturn && !position.isReturn
                $0.member(isReturn ? "returned_as" : "handed_over_to", account.position.description)
            }
            $0.member("entries", objects: account.entries) { object, entry in
                object.member("time", entry.time)
                object.member("sequence", Int(clamping: entry.sequence))
                object.member("kind", entry.kind)
                object.member("position", entry.place)
                object.member("text", entry.text)
            }
            $0.member("summary", account.summary)
        }
        return String(decoding: json.bytes, as: UTF8.self)
    }
}
