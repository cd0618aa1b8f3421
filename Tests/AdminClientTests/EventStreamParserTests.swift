import Testing

@testable import AdminClient

@Suite("A stream of events")
struct EventStreamParserTests {
    let text = ": hello\r\nretry: 5\n\nid: 1\nevent: x\ndata: {\"a\":\ndata:1}\n\ndata: two\r\rid: 3\r\n\r\ndata: cut"

    @Test("Events are the same however their bytes are cut", arguments: 1...20)
    func fragments(size: Int) throws {
        var parser = EventStreamParser()
        var events: [ServerSentEvent] = []
        let bytes = Array(text.utf8)
        for start in stride(from: 0, to: bytes.count, by: size) {
            events += try parser.consume(bytes[start..<min(start + size, bytes.count)])
        }
        #expect(
            events == [ServerSentEvent(id: "1", data: "{\"a\":\n1}"), ServerSentEvent(id: "1", data: "two")])
    }

    @Test("Neither a line nor an event may be without end")
    func endless() {
        let line = [UInt8](repeating: 0x61, count: EventStreamParser.limit + 1)
        #expect(throws: EventStreamParser.TooLong.self) {
            var parser = EventStreamParser()
            _ = try parser.consume(line)
        }
        let half =
            Array("data: ".utf8) + [UInt8](repeating: 0x61, count: EventStreamParser.limit / 2) + Array("\n".utf8)
        #expect(throws: EventStreamParser.TooLong.self) {
            var parser = EventStreamParser()
            _ = try parser.consume(half + half)
        }
    }
}
