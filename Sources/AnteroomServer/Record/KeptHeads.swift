import QueueStore
import RecordChain
import WaitingRoom

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Heads of chains that somebody kept, as `GET …/chain` told them: a JSON object in each line.
struct KeptHeads {
    private struct History: Hashable {
        let room: RoomID
        let opened: Timestamp
    }

    private var hashes: [History: [UInt64: ChainHash]] = [:]

    /// - Throws: `Refusal`, naming the line that is none.
    init(path: String) throws {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
            throw Refusal("\(path): cannot be read")
        }
        for (number, line) in text.split(separator: "\n").enumerated() {
            var reader = RecordReader()
            guard reader.read(json: Array(line.utf8)), let room = reader.string("queue_id").flatMap({ RoomID($0) }),
                let opened = reader.string("opened_at").flatMap({ Timestamp(rfc3339: $0) }),
                let sequence = reader.unsigned("sequence", in: .root),
                let hash = reader.string("chainhash").flatMap({ ChainHash($0) })
            else {
                throw Refusal("\(path), line \(number + 1): must be a head as GET /api/v1/queues/{id}/chain answers it")
            }
            hashes[History(room: room, opened: opened), default: [:]][sequence] = hash
        }
    }

    func hashes(of room: RoomID, openedAt opened: Timestamp) -> [UInt64: ChainHash] {
        hashes[History(room: room, opened: opened)] ?? [:]
    }
}
