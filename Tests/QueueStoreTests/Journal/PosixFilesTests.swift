import FoundationEssentials
import QueueStore
import Testing
import WaitingRoom

/// The journal on the operating system's own files.
struct PosixFilesTests {
    private static func withDirectory(_ body: (String) async throws -> Void) async throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "anteroom-\(UUID())/var")
        defer { try? FileManager.default.removeItem(at: directory.deletingLastPathComponent()) }
        try await body(directory.path())
    }

    private static func open(_ path: String, _ fixture: Fixture) throws -> OpenedJournal {
        try Journal.open(directory: path, now: fixture.clock.now, logger: Fixture.silent)
    }

    @Test("A journal on disk is read back, is private, is locked, and is cut where it is torn")
    func onDisk() async throws {
        try await Self.withDirectory { path in
            let fixture = try Fixture()
            var before: StoreAnswers?
            do {
                let store = fixture.store(try Self.open(path, fixture))
                try await store.configure([fixture.settings])
                for number in 1...9 as ClosedRange<UInt64> {
                    _ = try await store.arrive(Fixture.arrival(number), in: fixture.room)
                }
                #expect(throws: StoreError.self) { _ = try Self.open(path, fixture) }
                before = try await fixture.answers(store)
            }
            let journal = path + "/journal-1.log"
            let attributes = try FileManager.default.attributesOfItem(atPath: journal)
            #expect(String(describing: attributes[.posixPermissions] ?? 0) == "\(0o600)")
            var bytes = try #require(FileManager.default.contents(atPath: journal))
            let length = bytes.count
            bytes.append(contentsOf: Array("0123abcd {\"kind\"".utf8))
            try bytes.write(to: URL(filePath: journal))
            let opened = try Self.open(path, fixture)
            #expect(opened.report.cut == OpenReport.Cut(file: journal, offset: Int64(length), bytes: 16))
            let store = fixture.store(opened)
            #expect(try await fixture.answers(store) == before)
            try await store.close()
            let reopened = try Self.open(path, fixture)
            #expect(reopened.report.snapshot == path + "/snapshot-2.log")
            #expect(try await fixture.answers(fixture.store(reopened)) == before)
        }
    }

    @Test("A directory that cannot be made is named with the system's reason")
    func noDirectory() throws {
        #expect {
            _ = try Journal.open(
                directory: "/proc/nowhere", now: Timestamp(milliseconds: 0), logger: Fixture.silent)
        } throws: { error in "\(error)".contains("cannot make directory /proc/nowhere: ") }
    }
}
