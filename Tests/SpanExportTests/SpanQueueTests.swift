import Foundation
import HTTPWire
import Testing

@testable import SpanExport

@Suite("Spans on their way out")
struct SpanQueueTests {
    private func span(_ id: UInt64, method: String = "GET", status: Int = 200) -> FinishedSpan {
        FinishedSpan(
            traceID: TraceParent.UInt64Pair(high: 0, low: 0xabc), spanID: id, parentID: id == 1 ? 7 : nil,
            startedAt: 1_795_233_750_000_123, duration: 2000, upstreamDuration: 1500, method: method, host: "shop\"",
            path: "/a", isSecure: true, httpVersion: "2", status: status, room: "shop", verdict: "forwarded",
            requestID: "0123", failure: nil)
    }

    @Test("No more wait than fit; the others are counted")
    func bound() {
        let queue = SpanQueue()
        queue.add((0..<3000).map { span(UInt64($0)) })
        queue.add((3000..<5000).map { span(UInt64($0)) })
        #expect(queue.dropped == 5000 - SpanQueue.limit)
        #expect(queue.take(2).map(\.spanID) == [0, 1])
        #expect(queue.take(5000).count == SpanQueue.limit - 2)
        #expect(queue.take(1).isEmpty)
    }

    @Test("The body is JSON as collectors read it: ids in hexadecimal digits, 64-bit numbers as text")
    func body() throws {
        let bytes = OTLPText.body([span(1), span(2, method: "BREW", status: 502)], instance: "i")
        let root = try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
        let resource = try #require((root["resourceSpans"] as? [[String: Any]])?.first)
        let scope = try #require((resource["scopeSpans"] as? [[String: Any]])?.first)
        let spans = try #require(scope["spans"] as? [[String: Any]])
        #expect(spans.count == 2)
        let first = spans[0]
        #expect(first["traceId"] as? String == "00000000000000000000000000000abc")
        #expect(first["spanId"] as? String == "0000000000000001")
        #expect(first["parentSpanId"] as? String == "0000000000000007" && spans[1]["parentSpanId"] == nil)
        #expect(first["kind"] as? Int == 2 && first["name"] as? String == "GET")
        #expect(first["startTimeUnixNano"] as? String == "1795233750000123000")
        #expect(first["endTimeUnixNano"] as? String == "1795233750002123000")
        #expect(attributes(first)["http.response.status_code"] == "200" && first["status"] == nil)
        #expect(attributes(first)["server.address"] == "shop\"")
        #expect(spans[1]["name"] as? String == "HTTP" && attributes(spans[1])["http.request.method"] == "_OTHER")
        #expect((spans[1]["status"] as? [String: Int]) == ["code": 2])
        #expect(attributes(spans[1])["error.type"] == "502")
    }

    private func attributes(_ span: [String: Any]) -> [String: String] {
        var result: [String: String] = [:]
        for entry in span["attributes"] as? [[String: Any]] ?? [] {
            guard let key = entry["key"] as? String, let value = entry["value"] as? [String: String] else { continue }
            result[key] = value.values.first
        }
        return result
    }
}
