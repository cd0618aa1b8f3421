/// A request's head as offsets into the bytes it came in; nothing is copied. One object is used again and again: a scan
/// overwrites what the last one found.
///
/// It accepts less than RFC 9112 allows wherever two readers could disagree about where a message ends or what it asks
/// for; see `docs/HTTP.md` for the list.
package final class RequestHead {
    package enum Method: UInt8, Sendable {
        case get, head, post, put, delete, options, patch, connect, trace
        /// Well-formed and unknown here; forwarded as it is.
        case other

        /// RFC 9110 §9.2.2.
        package var isIdempotent: Bool {
            switch self {
            case .get, .head, .put, .delete, .options, .trace: true
            default: false
            }
        }
    }

    /// RFC 9112 §3.2.
    package enum TargetForm: UInt8, Sendable {
        case origin, absolute, asterisk
    }

    package private(set) var method = Method.other
    package private(set) var methodRange = 0..<0
    package private(set) var targetForm = TargetForm.origin
    /// The path and query: of an absolute form, what follows the authority (may be empty).
    package private(set) var target = 0..<0
    /// HTTP/1.1, else HTTP/1.0.
    package private(set) var isHTTP11 = true
    /// The value of `Host`, or of the absolute form's authority; empty in an HTTP/1.0 request without one.
    package private(set) var host = 0..<0
    package private(set) var framing = BodyFraming.none
    package private(set) var expectsContinue = false
    /// The connection may be used again after this request (RFC 9112 §9.3).
    package private(set) var keepAlive = true
    /// Asks for a WebSocket (RFC 6455 §4.1): the one upgrade that is forwarded.
    package private(set) var upgradesToWebSocket = false
    private var lines = FieldLines()

    package init() {}

    package var fields: ContiguousArray<HeadField> { lines.fields }

    /// Reads the head that begins at the first of `bytes`. O(n); the bytes must not change while the offsets are used.
    package func scan(_ bytes: UnsafeRawBufferPointer, limits: HeadLimits) -> HeadScan {
        do throws(HeadRefusal) {
            guard let lineFeed = unsafe FieldLines.lineEnd(bytes, from: 0) else {
                if bytes.count > limits.startLine { throw HeadRefusal(414, "The request line is too long.") }
                return .incomplete
            }
            try unsafe readRequestLine(bytes, lineFeed: lineFeed, limits: limits)
            guard let end = try unsafe lines.scan(bytes, from: lineFeed + 1, limits: limits) else { return .incomplete }
            try unsafe check(bytes)
            return .complete(length: end)
        } catch {
            return .refused(error)
        }
    }

    /// The first field of this name.
    package func field(_ name: FieldName) -> HeadField? { lines.first(name) }

    /// Whether there is a field of this name.
    package func contains(_ name: FieldName) -> Bool { lines.contains(name) }

    private func readRequestLine(
        _ bytes: UnsafeRawBufferPointer, lineFeed: Int, limits: HeadLimits
    ) throws(HeadRefusal) {
        if lineFeed > limits.startLine { throw HeadRefusal(414, "The request line is too long.") }
        guard lineFeed > 0, unsafe bytes[lineFeed - 1] == UInt8(ascii: "\r") else {
            throw HeadRefusal(400, "The request line does not end with CRLF.")
        }
        let line = unsafe UnsafeRawBufferPointer(rebasing: bytes[..<(lineFeed - 1)])
        guard let methodEnd = unsafe line.firstIndex(of: UInt8(ascii: " ")),
            let targetEnd = unsafe line.lastIndex(of: UInt8(ascii: " ")), targetEnd > methodEnd + 1
        else { throw HeadRefusal(400, "The request line cannot be read.") }
        let methodBytes = unsafe UnsafeRawBufferPointer(rebasing: line[..<methodEnd])
        guard methodEnd <= 32, unsafe ByteClass.isToken(methodBytes) else {
            throw HeadRefusal(400, "The method is malformed.")
        }
        method = unsafe Self.method(methodBytes)
        methodRange = 0..<methodEnd
        isHTTP11 = try unsafe Self.isHTTP11(UnsafeRawBufferPointer(rebasing: line[(targetEnd + 1)...]))
        switch method {
        case .connect: throw HeadRefusal(405, "CONNECT is not allowed.")
        case .trace: throw HeadRefusal(405, "TRACE is not allowed.")
        default: break
        }
        try unsafe readTarget(line, methodEnd + 1..<targetEnd)
    }

    private func readTarget(_ line: UnsafeRawBufferPointer, _ range: Range<Int>) throws(HeadRefusal) {
        let bytes = unsafe UnsafeRawBufferPointer(rebasing: line[range])
        guard unsafe ByteClass.isTarget(bytes) else {
            throw HeadRefusal(400, "The target has a character that is not allowed.")
        }
        host = 0..<0
        if unsafe bytes[0] == UInt8(ascii: "/") {
            targetForm = .origin
            target = range
        } else if bytes.count == 1, unsafe bytes[0] == UInt8(ascii: "*"), method == .options {
            targetForm = .asterisk
            target = range
        } else {
            let scheme = try unsafe Self.schemeLength(bytes)
            targetForm = .absolute
            let authorityStart = range.lowerBound + scheme
            var authorityEnd = authorityStart
            while authorityEnd < range.upperBound, unsafe line[authorityEnd] != UInt8(ascii: "/"),
                unsafe line[authorityEnd] != UInt8(ascii: "?")
            { authorityEnd += 1 }
            host = authorityStart..<authorityEnd
            target = authorityEnd..<range.upperBound
        }
    }

    /// Of `http://` or `https://` (RFC 9112 §3.2.2); which of them it is, the connection knows better.
    private static func schemeLength(_ target: UnsafeRawBufferPointer) throws(HeadRefusal) -> Int {
        for scheme in ["http://", "https://"] as [StaticString] where target.count > scheme.utf8CodeUnitCount {
            let start = unsafe UnsafeRawBufferPointer(rebasing: target[..<scheme.utf8CodeUnitCount])
            if unsafe ByteClass.equals(start, scheme) { return scheme.utf8CodeUnitCount }
        }
        throw HeadRefusal(400, "The target is neither a path nor an http URL.")
    }

    /// What can only be judged with the whole head at hand.
    private func check(_ bytes: UnsafeRawBufferPointer) throws(HeadRefusal) {
        try unsafe checkHost(bytes)
        try checkFraming()
        keepAlive = isHTTP11 ? !lines.connectionClose : lines.connectionKeepAlive && !lines.connectionClose
        expectsContinue = false
        var upgrade = false
        for field in lines.fields where field.name == .expect || field.name == .upgrade {
            if field.name == .expect {
                let value = unsafe UnsafeRawBufferPointer(rebasing: bytes[field.value])
                guard unsafe ByteClass.equals(value, "100-continue") else {
                    throw HeadRefusal(417, "Only Expect: 100-continue is understood.")
                }
                // RFC 9110 §10.1.1: an HTTP/1.0 client cannot wait for a 100.
                expectsContinue = isHTTP11
            } else if field.name == .upgrade {
                let value = unsafe UnsafeRawBufferPointer(rebasing: bytes[field.value])
                upgrade = unsafe ByteClass.equals(value, "websocket")
            }
        }
        upgradesToWebSocket =
            upgrade && lines.connectionUpgrade && isHTTP11 && method == .get && framing == .none
    }

    private func checkHost(_ bytes: UnsafeRawBufferPointer) throws(HeadRefusal) {
        var found: Range<Int>?
        for field in lines.fields where field.name == .host {
            guard found == nil else { throw HeadRefusal(400, "There is more than one Host field.") }
            found = field.value
        }
        guard let found else {
            if isHTTP11 { throw HeadRefusal(400, "There is no Host field.") }
            if targetForm == .absolute { try unsafe Self.checkAuthority(bytes, host) }
            return
        }
        if targetForm == .absolute {
            // RFC 9112 §3.2.2 lets the target win; two names for one request are a disagreement waiting to happen.
            guard found.count == host.count, unsafe zip(bytes[found], bytes[host]).allSatisfy({ $0 == $1 }) else {
                throw HeadRefusal(400, "The Host field differs from the target's host.")
            }
        }
        host = found
        try unsafe Self.checkAuthority(bytes, host)
    }

    /// RFC 9112 §6.1, §6.3.
    private func checkFraming() throws(HeadRefusal) {
        if lines.transferEncodings > 0 {
            guard isHTTP11 else { throw HeadRefusal(400, "HTTP/1.0 has no Transfer-Encoding.") }
            guard lines.contentLength == nil else {
                throw HeadRefusal(400, "Content-Length and Transfer-Encoding stand side by side.")
            }
            guard lines.transferEncodings == 1, lines.isChunked else {
                throw HeadRefusal(400, "The only Transfer-Encoding that is understood is chunked.")
            }
            framing = .chunked
        } else if let length = lines.contentLength, length > 0 {
            framing = .length(length)
        } else {
            framing = .none
        }
    }

    /// `uri-host [ ":" port ]` without user information (RFC 9110 §7.2, RFC 3986 §3.2.2).
    private static func checkAuthority(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) throws(HeadRefusal) {
        var name = range
        let isLiteral = unsafe bytes[range].first == UInt8(ascii: "[")
        var index = range.upperBound
        while index > range.lowerBound, unsafe bytes[index - 1] &- UInt8(ascii: "0") < 10 { index -= 1 }
        if index > range.lowerBound, unsafe bytes[index - 1] == UInt8(ascii: ":"), range.upperBound - index <= 5 {
            name = range.lowerBound..<index - 1
        }
        var isValid = !name.isEmpty && name.count <= 255
        if isLiteral {
            let last = unsafe bytes[name.upperBound - 1]
            isValid = isValid && name.count > 2 && last == UInt8(ascii: "]")
            name = name.lowerBound + 1..<max(name.lowerBound + 1, name.upperBound - 1)
        }
        for index in name where isValid {
            switch unsafe bytes[index] {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
                break
            case UInt8(ascii: ":"): isValid = isLiteral
            default: isValid = false
            }
        }
        guard isValid else { throw HeadRefusal(400, "The Host field is not a host name.") }
    }

    private static func isHTTP11(_ version: UnsafeRawBufferPointer) throws(HeadRefusal) -> Bool {
        guard version.count == 8, unsafe version.starts(with: "HTTP/".utf8),
            unsafe version[6] == UInt8(ascii: "."), unsafe version[5] &- UInt8(ascii: "0") < 10,
            unsafe version[7] &- UInt8(ascii: "0") < 10
        else { throw HeadRefusal(400, "The request line cannot be read.") }
        guard unsafe version[5] == UInt8(ascii: "1"), unsafe version[7] <= UInt8(ascii: "1") else {
            throw HeadRefusal(505, "Only HTTP/1.0 and HTTP/1.1 are understood here.")
        }
        return unsafe version[7] == UInt8(ascii: "1")
    }

    /// Methods are case-sensitive (RFC 9110 §9.1).
    private static func method(_ bytes: UnsafeRawBufferPointer) -> Method {
        func `is`(_ text: StaticString) -> Bool {
            text.withUTF8Buffer { unsafe bytes.elementsEqual($0) }
        }
        switch bytes.count {
        case 3: return `is`("GET") ? .get : `is`("PUT") ? .put : .other
        case 4: return `is`("HEAD") ? .head : `is`("POST") ? .post : .other
        case 5: return `is`("PATCH") ? .patch : `is`("TRACE") ? .trace : .other
        case 6: return `is`("DELETE") ? .delete : .other
        case 7: return `is`("OPTIONS") ? .options : `is`("CONNECT") ? .connect : .other
        default: return .other
        }
    }
}
