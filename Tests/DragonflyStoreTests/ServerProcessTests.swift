import Testing
import WaitingRoom

@testable import DragonflyStore

@Suite struct ServerProcessTests {
    private let now = Timestamp(milliseconds: 1_700_000_100_400)

    @Test("Redis names its processes")
    func named() throws {
        let info = "# Server\r\nredis_version:7.0.15\r\nrun_id:2ed3\r\nuptime_in_seconds:5\r\n"
        let process = try #require(ServerProcess(info: info, now: now))
        #expect(process.text == "2ed3")
        #expect(process.isSame(as: ServerProcess(text: "2ed3")))
        #expect(!process.isSame(as: ServerProcess(text: "2ed4")))
    }

    @Test("Of DragonflyDB the start is known, to about a second")
    func started() throws {
        let info = "# Server\r\nredis_version:7.4.0\r\ndragonfly_version:df-v1.40.1\r\nuptime_in_seconds:100\r\n"
        let process = try #require(ServerProcess(info: info, now: now))
        #expect(process.isSame(as: ServerProcess(text: "started-1700000001")))
        #expect(!process.isSame(as: ServerProcess(text: "started-1700000010")))
        #expect(!process.isSame(as: ServerProcess(text: "2ed3")))
        #expect(ServerProcess(info: "# Server\r\n", now: now) == nil)
    }
}
