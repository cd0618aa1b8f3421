import Foundation
import HTTPWire
import Testing
import Tracing

@testable import OTLPTracing

@Suite("Spans as OTLP")
struct OTLPTextTests {
    private let resource = ServiceResource(version: "1.2.3", instance: "i", host: "h\"")

    private func told(_ spans: [SpanData]) throws -> (resource: [String: Any], spans: [[String: Any]]) {
        let bytes = OTLPText.body(spans, resource)
        let root = try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
        let resource = try #require((root["resourceSpans"] as? [[String: Any]])?.first)
        let scope = try #require((resource["scopeSpans"] as? [[String: Any]])?.first)
        return (
            try #require(resource["resource"] as? [String: Any]), try #require(scope["spans"] as? [[String: Any]])
        )
    }

    private func span(_ number: UInt64, kind: SpanKind = .server, _ attributes: SpanAttributes = [:]) -> SpanData {
        SpanData(
            .numbered(number, parent: number == 1 ? 7 : nil), name: "GET", kind: kind,
            startedAt: 1_795_233_750_000_123_000, endedAt: 1_795_233_750_002_123_000, attributes: attributes)
    }

    private func attributes(_ told: [String: Any]) -> [String: [String: Any]] {
        var result: [String: [String: Any]] = [:]
        for entry in told["attributes"] as? [[String: Any]] ?? [] {
            guard let key = entry["key"] as? String, let value = entry["value"] as? [String: Any] else { continue }
            result[key] = value
        }
        return result
    }

    @Test("Ids are hexadecimal digits, 64-bit numbers text")
    func numbers() throws {
        var state = span(2)
        state.state = "vendor=value"
        let (resource, spans) = try told([span(1), state])
        #expect(spans.count == 2)
        #expect(spans[0]["traceId"] as? String == "00000000000000000000000000000abc")
        #expect(spans[0]["spanId"] as? String == "0000000000000001")
        #expect(spans[0]["parentSpanId"] as? String == "0000000000000007" && spans[1]["parentSpanId"] == nil)
        #expect(spans[0]["kind"] as? Int == 2 && spans[0]["name"] as? String == "GET")
        #expect(spans[0]["startTimeUnixNano"] as? String == "1795233750000123000")
        #expect(spans[0]["endTimeUnixNano"] as? String == "1795233750002123000")
        #expect(spans[0]["traceState"] == nil && spans[1]["traceState"] as? String == "vendor=value")
        let told = attributes(resource)
        #expect(told["service.name"]?["stringValue"] as? String == "anteroom")
        #expect(told["service.version"]?["stringValue"] as? String == "1.2.3")
        #expect(told["host.name"]?["stringValue"] as? String == "h\"")
    }

    @Test("Every type of attribute, and long texts cut between characters")
    func types() throws {
        let told = attributes(
            try told([
                span(
                    1,
                    [
                        "text": "a\"\u{1}", "number": 42, "double": 0.5, "flag": true,
                        "texts": .stringArray(["a", "b"]), "long": .string(String(repeating: "é", count: 600)),
                        "odd": .string("x" + String(repeating: "é", count: 600)),
                    ])
            ]).spans[0])
        #expect(told["text"]?["stringValue"] as? String == "a\"\u{1}")
        #expect(told["number"]?["intValue"] as? String == "42")
        #expect(told["double"]?["doubleValue"] as? Double == 0.5 && told["flag"]?["boolValue"] as? Bool == true)
        let values = (told["texts"]?["arrayValue"] as? [String: Any])?["values"] as? [[String: String]]
        #expect(values == [["stringValue": "a"], ["stringValue": "b"]])
        #expect((told["long"]?["stringValue"] as? String)?.utf8.count == 1024)
        #expect((told["odd"]?["stringValue"] as? String)?.utf8.count == 1023)
    }

    @Test("No more attributes than the specification allows; the others are counted")
    func bound() throws {
        var many = SpanAttributes()
        for number in 0..<200 { many["a\(number)"] = number }
        let told = try told([span(1, many)]).spans[0]
        #expect(attributes(told).count == 128 && told["droppedAttributesCount"] as? Int == 72)
    }

    @Test("An error is what says so, and a server's 5xx")
    func errors() throws {
        var failed = span(3, kind: .client)
        failed.status = SpanStatus(code: .error, message: "away")
        failed.events = [SpanEvent(name: "exception", attributes: ["exception.message": "away"])]
        let told = try told([
            span(1, ["http.response.status_code": 200]), span(2, ["http.response.status_code": 502]), failed,
            span(4, kind: .client, ["http.response.status_code": 502]), span(5, ["error.type": "timeout"]),
        ]).spans
        #expect(told.map { ($0["status"] as? [String: Any])?["code"] as? Int } == [nil, 2, 2, nil, 2])
        #expect((told[2]["status"] as? [String: Any])?["message"] as? String == "away")
        #expect((told[2]["events"] as? [[String: Any]])?.first?["name"] as? String == "exception")
    }
}
