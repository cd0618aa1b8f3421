import NIOCore
import NIOHTTP1

/// A request that has come to its end.
struct Request {
    let head: HTTPRequestHead
    let body: ReceivedBody
    /// Without the query, as it was sent.
    let path: String
    /// What stands behind the question mark, as it was sent.
    let rawQuery: String

    init(head: HTTPRequestHead, body: ReceivedBody) {
        self.head = head
        self.body = body
        var target = head.uri[...]
        // RFC 9112 §3.2.2: a server must take the absolute form.
        if !target.hasPrefix("/") {
            let parts = target.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
            if parts.count > 2, parts[0].hasSuffix(":") { target = "/" + (parts.count > 3 ? parts[3] : "") }
        }
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        path = String(parts.first ?? "/")
        rawQuery = parts.count > 1 ? String(parts[1]) : ""
    }

    var query: FormFields { FormFields(rawQuery.utf8) }

    /// The fields of an `application/x-www-form-urlencoded` body.
    var form: FormFields { FormFields(body.start) }

    /// The first cookie of that name.
    func cookie(_ name: String) -> String? {
        for line in head.headers["cookie"] {
            for pair in line.split(separator: ";") {
                let parts = pair.drop { $0 == " " }.split(separator: "=", maxSplits: 1)
                if parts.count == 2, parts[0] == name { return String(parts[1]) }
            }
        }
        return nil
    }

}

extension HTTPRequestHead {
    /// Whether the connection will carry no further HTTP request: NIO's decoder stops at any upgrade request, also at
    /// one that is not honoured.
    var asksForUpgrade: Bool {
        headers.contains(name: "upgrade")
            && headers[canonicalForm: "connection"].contains { $0.lowercased() == "upgrade" }
    }

    var asksForWebSocket: Bool {
        method == .GET && asksForUpgrade
            && headers[canonicalForm: "upgrade"].contains { $0.lowercased() == "websocket" }
    }
}

/// What is kept of a request's body.
struct ReceivedBody {
    /// Bytes of `start` at most; enough for any form of the shop.
    static let startLimit = 64 * 1024

    private(set) var count = 0
    private(set) var checksum = CRC32()
    private(set) var start: [UInt8] = []

    mutating func append(_ bytes: ByteBuffer) {
        count += bytes.readableBytes
        checksum.update(bytes)
        let room = Self.startLimit - start.count
        if room > 0 { start.append(contentsOf: bytes.readableBytesView.prefix(room)) }
    }
}
