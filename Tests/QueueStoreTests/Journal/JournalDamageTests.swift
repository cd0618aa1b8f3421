import QueueStore
import Testing
import WaitingRoom

struct JournalDamageTests {
    private static let journal = "/data/journal-1.log"

    /// A crashed journal's bytes, and where each of its lines ends.
    private static func journal(_ fixture: inout Fixture) async throws -> (bytes: [UInt8], ends: [Int]) {
        _ = try await fixture.livedStore()
        fixture.files = fixture.files.afterCrash()
        let bytes = try #require(fixture.files.contents[journal])
        return (bytes, bytes.indices.filter { bytes[$0] == UInt8(ascii: "\n") }.map { $0 + 1 })
    }

    @Test("Cut at any byte, the journal opens with every whole record, and says what it cut off")
    func cutAnywhere() async throws {
        var fixture = try Fixture()
        let (bytes, ends) = try await Self.journal(&fixture)
        for length in 0...bytes.count {
            fixture.files = SimulatedFiles()
            fixture.files.contents = [Self.journal: Array(bytes.prefix(length))]
            let opened = try fixture.open()
            let whole = ends.last { $0 <= length } ?? 0
            #expect(opened.report.records == ends.count { $0 <= length })
            #expect(opened.report.cut?.offset == (whole == length ? nil : Int64(whole)))
            #expect(opened.report.cut?.bytes == (whole == length ? nil : Int64(length - whole)))
            // It goes on behind the cut.
            let store = fixture.store(opened)
            try await store.configure([fixture.settings])
            _ = try await store.enqueue(Fixture.arrival(500), in: fixture.room)
            fixture.files = fixture.files.afterCrash()
            let reopened = try fixture.open()
            #expect(reopened.report.cut == nil)
            let place = try await fixture.store(reopened).places(of: [Fixture.id(500)], in: fixture.room)[0]
            #expect(place?.position.status == .waiting)
        }
    }

    @Test("A flipped bit in the last record is cut off; before it, it is fatal, names its place and changes nothing")
    func flippedBits() async throws {
        var fixture = try Fixture()
        let (bytes, ends) = try await Self.journal(&fixture)
        let last = ends[ends.count - 2]
        for index in bytes.indices {
            var damaged = bytes
            damaged[index] ^= 1 << (index % 8)
            fixture.files = SimulatedFiles()
            fixture.files.contents = [Self.journal: damaged]
            // Without its line feed a record runs into the next: together they are one damaged record.
            let start = ends.last { $0 <= index } ?? 0
            if index >= last - 1 {
                let opened = try fixture.open()
                #expect(opened.report.cut?.offset == Int64(start))
            } else {
                #expect {
                    _ = try fixture.open()
                } throws: { error in
                    (error as? StoreError)?.code == .corrupt && "\(error)".contains("\(Self.journal): byte \(start):")
                }
                #expect(fixture.files.contents == [Self.journal: damaged])
            }
        }
    }

    @Test("An intact record that cannot follow is fatal")
    func impossibleRecord() async throws {
        var fixture = try Fixture()
        let (bytes, ends) = try await Self.journal(&fixture)
        let doubled = bytes[ends[3]..<ends[4]]
        fixture.files.contents = [Self.journal: Array(bytes[..<ends[4]] + doubled + bytes[ends[4]...])]
        #expect {
            _ = try fixture.open()
        } throws: { error in
            "\(error)".contains("\(Self.journal): byte \(ends[4]):") && "\(error)".contains("should come here")
        }
    }

    @Test("A missing file in the middle is named")
    func missingFile() async throws {
        var fixture = try Fixture()
        fixture.compactionSize = 1
        let store = try await fixture.livedStore()
        try await store.close()
        let number = try #require(
            fixture.files.contents.keys.first { $0.contains("snapshot") }?.split(separator: "-").last?.dropLast(4))
        fixture.files.contents["/data/journal-\(number).log"] = nil
        #expect {
            _ = try fixture.open()
        } throws: { error in "\(error)".contains("/data/journal-\(number).log is missing") }
    }

    @Test("A file of a newer version is not touched, and the message says what to do")
    func newerVersion() async throws {
        let fixture = try Fixture()
        var writer = RecordLine()
        writer.write(#"{"kind":"header","content":"journal","version":2,"number":1}"#)
        fixture.files.contents = [Self.journal: writer.bytes]
        #expect {
            _ = try fixture.open()
        } throws: { error in "\(error)".contains("written by a newer version") }
        #expect(fixture.files.contents == [Self.journal: writer.bytes])
    }

    @Test("A damaged snapshot with nothing to replace it is fatal and names its place")
    func damagedSnapshot() async throws {
        let fixture = try Fixture()
        let store = try await fixture.livedStore()
        try await store.close()
        let path = "/data/snapshot-2.log"
        let bytes = try #require(fixture.files.contents[path])
        for index in stride(from: 0, to: bytes.count, by: 7) {
            var damaged = bytes
            damaged[index] ^= 0x10
            fixture.files.contents[path] = damaged
            #expect {
                _ = try fixture.open()
            } throws: { error in "\(error)".contains("\(path): byte ") }
            fixture.files.contents[path] = Array(bytes.prefix(index))
            #expect(throws: StoreError.self) { _ = try fixture.open() }
        }
    }

    @Test("An older snapshot and the journals since make up for a damaged one")
    func olderSnapshot() async throws {
        let fixture = try Fixture()
        let first = try await fixture.livedStore()
        let before = try await fixture.answers(first)
        let old = fixture.files.contents
        try await first.close()
        var contents = fixture.files.contents.merging(old) { new, _ in new }
        contents["/data/snapshot-2.log"]?[40] ^= 1
        fixture.files.contents = contents
        let opened = try fixture.open()
        #expect(opened.report.unreadableSnapshots.count == 1)
        #expect(opened.report.journals == ["/data/journal-1.log", "/data/journal-2.log"])
        #expect(try await fixture.answers(fixture.store(opened)) == before)
    }
}
