import HTTPWire
import NIOCore
import NIOHPACK

/// Header blocks of one HTTP/2 connection, each behind a byte with its length: what ours reads, NIO's HPACK decoder reads
/// the same way; and a request made of it is one head of HTTP/1.1 with those fields and no others.
enum HeadersProperty {
    private struct Field: Hashable {
        var name: [UInt8]
        var value: [UInt8]
    }

    /// Keeps the fields, and passes them on.
    private final class Recorder: HPACKFieldSink {
        var fields: [Field] = []
        let head: HTTP2RequestHead

        init(_ head: HTTP2RequestHead) { self.head = head }

        func take(name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer, isSound: Bool) -> Bool {
            fields.append(Field(name: Array(name), value: Array(value)))
            return head.take(name: name, value: value, isSound: isSound)
        }
    }

    static func check(_ input: [UInt8]) throws(Finding) {
        let ours = HTTPWire.HPACKDecoder()
        var theirs = NIOHPACK.HPACKDecoder(allocator: ByteBufferAllocator())
        let head = HTTP2RequestHead()
        let requestHead = RequestHead()
        var rest = input[...]
        while let length = rest.popFirst() {
            let block = Array(rest.prefix(Int(length)))
            rest = rest.dropFirst(Int(length))
            let recorder = Recorder(head)
            head.begin(limit: 2048)
            guard decode(block, ours, recorder) else { return }
            // Their names and values are text: what is no UTF-8 is repaired, and takes more of their table than of ours.
            let isText = recorder.fields.allSatisfy { field in !(field.name + field.value).contains { $0 > 0x7f } }
            guard isText else { return }
            var buffer = ByteBuffer(bytes: block)
            let expected: [Field]
            do {
                expected = try theirs.decodeHeaders(from: &buffer).map {
                    Field(name: Array($0.name.utf8), value: Array($0.value.utf8))
                }
            } catch {
                // They refuse some blocks that are well-formed, such as those with an empty name.
                guard recorder.fields.contains(where: { $0.name.isEmpty }) else {
                    throw Finding("Read as \(recorder.fields), refused by NIO: \(error)", input)
                }
                return
            }
            guard recorder.fields == expected else {
                throw Finding("Read as \(recorder.fields), not \(expected)", input)
            }
            // Blocks of an odd length end their streams.
            if case .head(let body) = head.finish(endsStream: length % 2 == 1, webSocketKey: { "key" }) {
                try check(head, body, recorder.fields, requestHead, input)
            }
        }
    }

    private static func decode(_ block: [UInt8], _ decoder: HTTPWire.HPACKDecoder, _ recorder: Recorder) -> Bool {
        withPrefix(block, block.count) { bytes in
            do throws(HPACKError) {
                try decoder.decode(bytes, scratch: HPACKScratch(), to: recorder)
                return true
            } catch {
                return false
            }
        }
    }

    /// The head of HTTP/1.1 says what the fields do, or is refused.
    private static func check(
        _ head: HTTP2RequestHead, _ body: HTTP2RequestHead.Body, _ fields: [Field], _ requestHead: RequestHead,
        _ input: [UInt8]
    ) throws(Finding) {
        let bytes = head.withBytes { Array($0) }
        switch bytes.withUnsafeBytes({ requestHead.scan($0, limits: HeadLimits()) }) {
        case .incomplete: throw Finding("The head has no end: \(text(bytes))", input)
        case .refused: return
        case .complete(let length):
            guard length == bytes.count else { throw Finding("More than a head: \(text(bytes))", input) }
        }
        func value(_ name: String) -> [UInt8]? { fields.first { $0.name.elementsEqual(name.utf8) }?.value }
        guard Array(bytes[requestHead.target]) == value(":path") else {
            throw Finding("Another target: \(text(bytes))", input)
        }
        if let authority = value(":authority"), Array(bytes[requestHead.host]) != authority {
            throw Finding("Another host: \(text(bytes))", input)
        }
        let dropped = ["te", "cookie", "host", "sec-websocket-key"]
        let expected = fields.filter { field in
            field.name.first != UInt8(ascii: ":") && !dropped.contains { field.name.elementsEqual($0.utf8) }
        }
        let added = ["Host", "host", "cookie", "Connection", "Upgrade", "Sec-WebSocket-Key", "Transfer-Encoding"]
        let found = requestHead.fields.map {
            Field(name: Array(bytes[$0.nameRange]), value: Array(bytes[$0.value]))
        }.filter { field in !added.contains { field.name.elementsEqual($0.utf8) } || expected.contains(field) }
        guard found == expected else {
            throw Finding("Other fields: \(text(bytes))", input)
        }
        guard (body == .chunked) == (requestHead.framing == .chunked) else {
            throw Finding("Another framing: \(text(bytes))", input)
        }
    }
}
