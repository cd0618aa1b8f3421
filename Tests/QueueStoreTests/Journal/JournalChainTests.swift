import RecordChain
import Testing
import WaitingRoom

@testable import QueueStore

struct JournalChainTests {
    private static func read(_ fixture: Fixture) throws -> ChainChecker {
        var chain = ChainChecker()
        try JournalRecord.read(directory: Fixture.directory, files: fixture.files) { entry in
            switch entry {
            case .snapshot(let room, let head): chain.begin(after: room.eventSequence, head)
            case .event(let event, let text): chain.observe(text, sequence: event.sequence)
            }
        }
        return chain
    }

    @Test("The chain goes on over restarts and compactions, and its head is what the files hold")
    func goesOn() async throws {
        var fixture = try Fixture()
        fixture.compactionSize = 3_000
        var heads: [ChainHash] = []
        for life in 0..<6 as Range<UInt64> {
            let opened = try fixture.open()
            let store = fixture.store(opened)
            try await store.configure([fixture.settings])
            for number in 1...20 as ClosedRange<UInt64> {
                _ = try await store.enqueue(Fixture.arrival(life * 100 + number), in: fixture.room)
            }
            let head = try #require(opened.journal.chainHead(of: fixture.room))
            let facts = try await store.facts(of: fixture.room)
            #expect(head.sequence == facts.eventSequence)
            if life % 2 == 0 { try await store.close() } else { fixture.files = fixture.files.afterCrash() }
            let chain = try Self.read(fixture)
            #expect(chain.breaks.isEmpty && chain.head == head.hash && chain.sequence == head.sequence)
            heads.append(head.hash)
            let again = try fixture.open()
            #expect(again.journal.chainHead(of: fixture.room) == head)
            fixture.files = fixture.files.afterCrash()
        }
        #expect(Set(heads).count == heads.count)
    }

    @Test("A record that was changed with its checksum is found and named")
    func forged() async throws {
        let fixture = try Fixture()
        let store = try await fixture.livedStore()
        _ = store
        let path = "/data/journal-1.log"
        let bytes = try #require(fixture.files.contents[path])
        let lines = bytes.split(separator: UInt8(ascii: "\n")).map { Array($0) }
        let index = try #require(lines.firstIndex { String(decoding: $0, as: UTF8.self).contains("\"join\":4,") })
        let text = String(decoding: lines[index].dropFirst(9), as: UTF8.self)
        let forged = Array(text.replacing("\"priority\":0", with: "\"priority\":7").utf8)
        let checksum = String(CRC32C.checksum(of: forged[...]), radix: 16)
        var changed = lines
        changed[index] = Array((String(repeating: "0", count: 8 - checksum.count) + checksum + " ").utf8) + forged
        #expect(changed != lines)
        fixture.files.contents[path] = Array(changed.joined(separator: [UInt8(ascii: "\n")])) + [UInt8(ascii: "\n")]
        let sequence = try #require(text.firstMatch(of: /"seq":(\d+)/).flatMap { UInt64($0.1) })
        #expect(try Self.read(fixture).breaks.map(\.sequence) == [sequence])
    }
}
