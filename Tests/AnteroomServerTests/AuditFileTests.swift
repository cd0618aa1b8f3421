import AdminAPI
import QueueStore
import Testing
import WaitingRoom

@testable import AnteroomServer

@Suite("The audit of an embedded store")
struct AuditFileTests {
    private func entry(_ number: Int) throws -> AuditEntry {
        AuditEntry(
            time: Timestamp(milliseconds: Int64(number)), actor: "olga", room: try #require(RoomID("hall")),
            sequence: UInt64(number), action: "room.updated", detail: "\(number)")
    }

    private func withFolder(_ body: (String) async throws -> Void) async throws {
        let folder = "/tmp/anteroom-audit-\(UInt64.random(in: .min ... .max))"
        let files = PosixFileSystem()
        try files.createDirectory(folder)
        try await body(folder)
        for name in try files.list(folder) { try files.remove("\(folder)/\(name)") }
    }

    @Test("It survives the process, half a line at the end included, and keeps the latest 1,000 in a small file")
    func restart() async throws {
        try await withFolder { folder in
            #expect(await AuditFile(directory: folder).latest(10) == [])
            for start in stride(from: 0, to: 2500, by: 50) {
                let audit = AuditFile(directory: folder)
                try await audit.append((start..<start + 50).map(entry))
            }
            let path = folder + "/audit.jsonl"
            let bytes = try contents(path)
            #expect(bytes.count(where: { $0 == UInt8(ascii: "\n") }) <= 2000)
            let file = try PosixFileSystem().append(to: path, keeping: Int64(bytes.count))
            _ = file.append(Array("{\"time\":".utf8)[...])
            file.close()
            let audit = AuditFile(directory: folder)
            #expect(await audit.latest(2) == [try entry(2499), try entry(2498)])
            #expect(await audit.latest(1000).count == 1000)
            try await audit.append([entry(2500)])
            #expect(await AuditFile(directory: folder).latest(2) == [try entry(2500), try entry(2499)])
        }
    }

    private func contents(_ path: String) throws -> [UInt8] {
        let file = try PosixFileSystem().read(path)
        var bytes: [UInt8] = []
        while true {
            let chunk = try file.read(65536)
            if chunk.isEmpty { return bytes }
            bytes += chunk
        }
    }
}
