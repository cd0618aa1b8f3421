import Foundation
import Logging
import OTLPTracing
import Synchronization
import Testing
import WaitingRoom

@testable import AnteroomServer

@Suite("The log as JSON")
struct JSONLogHandlerTests {
    private final class Lines: Sendable {
        private let bytes = Mutex<[[UInt8]]>([])
        var all: [[UInt8]] { bytes.withLock { $0 } }
        func write(_ line: [UInt8]) { bytes.withLock { $0.append(line) } }
    }

    private let lines = Lines()

    private func logger(_ provided: Logger.Metadata = [:]) -> Logger {
        Logger(label: "anteroom.test") { [lines] label in
            JSONLogHandler(
                label: label, resource: ServiceResource(version: "1.2.3", instance: "127.0.0.1:80", host: "h"),
                metadataProvider: Logger.MetadataProvider { provided },
                clock: { Timestamp(milliseconds: 1_795_233_750_123) }, write: lines.write)
        }
    }

    /// The only line, read back.
    private func line() throws -> [String: Any] {
        let bytes = try #require(lines.all.last)
        #expect(lines.all.count == 1 && bytes.last == 0x0a && !bytes.dropLast().contains { $0 < 0x20 || $0 == 0x7f })
        return try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
    }

    @Test("A line has the names of OpenTelemetry's data model")
    func model() throws {
        var logger = logger()
        logger[metadataKey: "own"] = "1"
        logger.notice("Gate listens", metadata: ["address": "127.0.0.1:80", "count": "\(3)"])
        let line = try line()
        #expect(
            Set(line.keys) == [
                "Timestamp", "SeverityText", "SeverityNumber", "Body", "Resource", "InstrumentationScope", "Attributes",
            ])
        #expect(line["Timestamp"] as? String == "2026-11-21T04:02:30.123Z")
        #expect(line["SeverityText"] as? String == "notice" && line["SeverityNumber"] as? Int == 10)
        #expect(line["Body"] as? String == "Gate listens")
        #expect(
            line["Resource"] as? [String: String] == [
                "service.name": "anteroom", "service.version": "1.2.3", "service.instance.id": "127.0.0.1:80",
                "host.name": "h",
            ])
        #expect(line["InstrumentationScope"] as? [String: String] == ["Name": "anteroom.test"])
        #expect(
            line["Attributes"] as? [String: String] == ["address": "127.0.0.1:80", "count": "3", "own": "1"])
    }

    @Test(
        "Each level has the number of the model's ranges",
        arguments: zip(Logger.Level.allCases, [1, 5, 9, 10, 13, 17, 21]))
    func levels(_ level: Logger.Level, _ number: Int) throws {
        var logger = logger()
        logger.logLevel = .trace
        logger.log(level: level, "x")
        #expect(try line()["SeverityNumber"] as? Int == number)
    }

    @Test("The current span's ids have places of their own")
    func span() throws {
        logger(["trace_id": "abc", "span_id": "def", "other": "1"]).info("x", metadata: ["own": "2"])
        let line = try line()
        #expect(line["TraceId"] as? String == "abc" && line["SpanId"] as? String == "def")
        #expect(line["Attributes"] as? [String: String] == ["other": "1", "own": "2"])
    }

    @Test("Whatever is logged stays one line of JSON")
    func escaping() throws {
        let hostile = "\"}\n{\"Body\":\u{0}\u{1b}[31m\u{7f}\\ \u{2028}é\u{1F600}"
        let broken = String(decoding: [0x61, 0xff, 0xc3, 0x0a, 0x62], as: UTF8.self)
        logger().info("\(hostile)", metadata: ["\(hostile)": "\(broken)"])
        let line = try line()
        #expect(line["Body"] as? String == hostile)
        #expect(line["Attributes"] as? [String: String] == [hostile: "a\u{fffd}\u{fffd}\nb"])
    }

    @Test("Dictionaries are objects, lists are lists of texts, and errors have the conventions' names")
    func structure() throws {
        struct Trouble: Error {}
        logger().error(
            "x", error: Trouble(), metadata: ["list": ["a", ["b": "c"]], "map": ["k": ["l": "m"]]])
        let attributes = try #require(try line()["Attributes"] as? [String: Any])
        #expect((attributes["list"] as? [String])?.first == "a" && (attributes["list"] as? [String])?.count == 2)
        #expect(attributes["map"] as? [String: [String: String]] == ["k": ["l": "m"]])
        #expect((attributes["exception.type"] as? String) == "Trouble")
    }

    @Test("Nothing makes a line long: texts are cut, attributes left out and counted, depth is bounded")
    func bounds() throws {
        var metadata: Logger.Metadata = [:]
        for number in 0..<100 { metadata["k\(number)"] = "\(String(repeating: "é", count: 5000))" }
        metadata["list"] = .array((0..<100_000).map { "\($0)" })
        var deep = Logger.MetadataValue.string("end")
        for _ in 0..<500 { deep = .dictionary(["d": deep]) }
        metadata["a"] = deep
        logger().info("\(String(repeating: "x", count: 100_000))", metadata: metadata)
        let line = try line()
        #expect(lines.all[0].count < 64 * 1024)
        #expect((line["Body"] as? String)?.utf8.count == 4096)
        let kept = try #require(line["Attributes"] as? [String: Any])
        #expect(kept.count + (line["DroppedAttributesCount"] as? Int ?? 0) == 102)
        #expect((kept["k0"] as? String)?.utf8.count == 4096)
    }

    @Test("The level that all loggers share holds for it, and its provider is the handler's")
    func live() {
        let level = LiveLogLevel(.warning)
        let logger = Logger(label: "x") { [lines] label in
            LiveLogHandler(
                JSONLogHandler(
                    label: label, resource: ServiceResource(version: "", instance: "", host: ""),
                    metadataProvider: nil, clock: { Timestamp(milliseconds: 0) }, write: lines.write), level: level)
        }
        logger.info("no")
        level.value = .info
        logger.info("yes")
        #expect(lines.all.count == 1)
    }
}
