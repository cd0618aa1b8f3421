/// Writes the header section of an HTTP/2 request as a head of HTTP/1.1, so that both protocols are judged by the same
/// reader (RFC 9113 §8.3, RFC 8441 §4). What could not be told apart from the head's own syntax, or what HTTP/2 itself
/// calls malformed, is refused here; everything else is `RequestHead`'s business. One object is used again and again.
package final class HTTP2RequestHead: HPACKFieldSink {
    /// What the fields were, taken together.
    package enum Outcome: Hashable, Sendable {
        /// `bytes` is a head; the body behind it is to be framed like this.
        case head(Body)
        /// RFC 9113 §8.1.1: the stream is reset.
        case malformed
        case tooLarge
        /// Asks for a tunnel of a protocol that is not WebSocket.
        case foreignTunnel
    }

    package enum Body: Hashable, Sendable {
        case none
        /// As it comes: this many bytes, or (nil) as many as a Content-Length says that is no number.
        case plain(length: Int?)
        case chunked
        /// Bytes of a tunnel, once the origin has agreed to one.
        case tunnel
    }

    private enum Stage {
        case pseudoFields, fields, trailers
    }

    private var stage = Stage.pseudoFields
    private var isMalformed = false
    private var isTooLarge = false
    private var limit = 0
    private var head = ByteStore(capacity: 4096)
    /// Values of pseudo-fields, one behind another, and where each stands.
    private var pseudo = ByteStore(capacity: 1024)
    private var (method, scheme, authority, path, tunnel) = (0..<0, 0..<0, 0..<0, 0..<0, 0..<0)
    private var cookies = ByteStore(capacity: 1024)
    private var seen: Pseudo = []
    /// Of the first Content-Length.
    private var contentLength: Int?
    private var hasContentLength = false

    private struct Pseudo: OptionSet {
        let rawValue: UInt8
        static let method = Pseudo(rawValue: 1)
        static let scheme = Pseudo(rawValue: 2)
        static let authority = Pseudo(rawValue: 4)
        static let path = Pseudo(rawValue: 8)
        static let tunnel = Pseudo(rawValue: 16)
    }

    package init() {}

    /// Begins a header section.
    /// - Parameter limit: bytes of head and fields that are kept; one that has more is as good as any too large one.
    package func begin(limit: Int) {
        stage = .pseudoFields
        (isMalformed, isTooLarge, hasContentLength) = (false, false, false)
        contentLength = nil
        self.limit = limit
        head.removeAll()
        pseudo.removeAll()
        cookies.removeAll()
        seen = []
    }

    /// Begins a trailer section, which nobody keeps.
    package func beginTrailers() {
        begin(limit: .max)
        stage = .trailers
    }

    /// Whether the trailers were well-formed.
    package var areTrailersSound: Bool { !isMalformed }

    /// The head, after `finish`.
    package func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        unsafe body(head.bytes)
    }

    // MARK: Fields

    package func take(name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer, isSound: Bool) -> Bool {
        guard !isTooLarge, !isMalformed else { return false }
        if unsafe name.first == UInt8(ascii: ":") {
            unsafe takePseudo(name, value)
            return false
        }
        if stage == .pseudoFields { enterFields() }
        guard !isMalformed else { return false }
        guard unsafe isSound || Self.isSound(name: name, value: value) else {
            isMalformed = true
            return false
        }
        if stage == .trailers { return true }
        guard head.count + cookies.count + name.count + value.count <= limit else {
            isTooLarge = true
            return true
        }
        unsafe takeSound(name, value)
        return true
    }

    private func takePseudo(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) {
        guard stage == .pseudoFields, value.count <= limit else {
            if value.count > limit { isTooLarge = true } else { isMalformed = true }
            return
        }
        // Each goes into a line: what could end it or begin another word may not be in it.
        guard unsafe value.allSatisfy({ $0 > 0x20 && $0 != 0x7f }) else {
            isMalformed = true
            return
        }
        if unsafe ByteClass.areExactly(name, ":method") {
            unsafe set(.method, &method, value)
        } else if unsafe ByteClass.areExactly(name, ":path") {
            unsafe set(.path, &path, value)
        } else if unsafe ByteClass.areExactly(name, ":scheme") {
            unsafe set(.scheme, &scheme, value)
        } else if unsafe ByteClass.areExactly(name, ":authority") {
            unsafe set(.authority, &authority, value)
        } else if unsafe ByteClass.areExactly(name, ":protocol") {
            unsafe set(.tunnel, &tunnel, value)
        } else {
            isMalformed = true
        }
    }

    private func set(_ kind: Pseudo, _ place: inout Range<Int>, _ value: UnsafeRawBufferPointer) {
        if seen.contains(kind) { isMalformed = true }
        seen.insert(kind)
        let start = pseudo.count
        unsafe pseudo.append(value)
        place = start..<pseudo.count
    }

    private func value(_ place: Range<Int>) -> UnsafeRawBufferPointer {
        unsafe UnsafeRawBufferPointer(rebasing: pseudo.bytes[place])
    }

    /// Writes the request line and Host.
    private func enterFields() {
        stage = .fields
        guard checkPseudo() else {
            isMalformed = true
            return
        }
        if opensTunnel {
            head.append("GET ")
        } else {
            unsafe head.append(value(method))
            head.append(" ")
        }
        unsafe head.append(value(seen.contains(.path) ? path : authority))
        head.append(" HTTP/1.1\r\n")
        if seen.contains(.authority) {
            head.append("Host: ")
            unsafe head.append(value(authority))
            head.append("\r\n")
        }
    }

    private var opensTunnel: Bool { seen.contains(.tunnel) }

    /// RFC 9113 §8.3.1 and §8.5, RFC 8441 §4.
    private func checkPseudo() -> Bool {
        guard seen.contains(.method), unsafe ByteClass.isToken(value(method)) else { return false }
        let isConnect = unsafe ByteClass.areExactly(value(method), "CONNECT")
        if isConnect, !opensTunnel {
            return seen.isDisjoint(with: [.scheme, .path]) && seen.contains(.authority) && !authority.isEmpty
        }
        guard seen.isSuperset(of: [.scheme, .path]),
            unsafe ByteClass.areExactly(value(scheme), "https") || ByteClass.areExactly(value(scheme), "http")
        else { return false }
        // An absolute URL here would be a second authority.
        guard unsafe value(path).first == UInt8(ascii: "/") || ByteClass.areExactly(value(path), "*") else {
            return false
        }
        return !opensTunnel || isConnect && !authority.isEmpty
    }

    private static func isSound(name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) -> Bool {
        guard unsafe ByteClass.isToken(name), unsafe !name.contains(where: { $0 &- UInt8(ascii: "A") < 26 }) else {
            return false
        }
        guard let first = unsafe value.first, let last = unsafe value.last else { return true }
        // RFC 9113 §8.2.1: no white space around it, no NUL, CR or LF in it. Other control characters are well-formed
        // here, and refused as they are in HTTP/1.1.
        guard first != 0x20, first != 0x09, last != 0x20, last != 0x09 else { return false }
        return unsafe ByteClass.isFieldValue(value) || !value.contains { $0 == 0 || $0 == 0x0a || $0 == 0x0d }
    }

    private func takeSound(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) {
        switch name.count {
        case 2 where unsafe ByteClass.equals(name, "te"):
            // RFC 9113 §8.2.2; it is for this connection only.
            if unsafe !value.elementsEqual("trailers".utf8) { isMalformed = true }
            return
        case 4 where unsafe ByteClass.equals(name, "host"):
            // One that says the same is the same field; any other is refused as a second Host.
            if unsafe seen.contains(.authority) && Self.isSameHost(self.value(authority), value) { return }
        case 6 where unsafe ByteClass.equals(name, "cookie"):
            // RFC 9113 §8.2.3: what was cut into crumbs is one field again for HTTP/1.1.
            if cookies.count > 0 { cookies.append("; ") }
            unsafe cookies.append(value)
            return
        case 7 where unsafe ByteClass.equals(name, "upgrade"), 10 where unsafe ByteClass.equals(name, "connection"),
            10 where unsafe ByteClass.equals(name, "keep-alive"),
            16 where unsafe ByteClass.equals(name, "proxy-connection"),
            17 where unsafe ByteClass.equals(name, "transfer-encoding"):
            // RFC 9113 §8.2.2: the connection is HTTP/2's own affair.
            isMalformed = true
            return
        case 14 where unsafe ByteClass.equals(name, "content-length"):
            if !hasContentLength { contentLength = unsafe Self.number(value) }
            hasContentLength = true
        case 17 where unsafe ByteClass.equals(name, "sec-websocket-key"):
            if opensTunnel { return }
        default: break
        }
        unsafe head.append(field: name, value)
    }

    private static func isSameHost(_ authority: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> Bool {
        func lowercased(_ byte: UInt8) -> UInt8 { byte &- UInt8(ascii: "A") < 26 ? byte | 0x20 : byte }
        guard authority.count == value.count else { return false }
        return unsafe zip(authority, value).allSatisfy { lowercased($0) == lowercased($1) }
    }

    private static func number(_ value: UnsafeRawBufferPointer) -> Int? {
        guard (1...18).contains(value.count) else { return nil }
        var number = 0
        for index in value.indices {
            let digit = unsafe value[index] &- UInt8(ascii: "0")
            guard digit < 10 else { return nil }
            number = number * 10 + Int(digit)
        }
        return number
    }

    // MARK: The end

    /// Completes the head.
    /// - Parameters:
    ///   - endsStream: nothing follows.
    ///   - webSocketKey: stands for the key that HTTP/2 does without (RFC 6455 §4.1, RFC 8441 §5).
    package func finish(endsStream: Bool, webSocketKey: () -> String) -> Outcome {
        if isTooLarge { return .tooLarge }
        if stage == .pseudoFields { enterFields() }
        if isMalformed { return .malformed }
        if cookies.count > 0 {
            head.append("cookie: ")
            unsafe head.append(cookies.bytes)
            head.append("\r\n")
        }
        if opensTunnel {
            guard !endsStream, !hasContentLength else { return .malformed }
            guard unsafe ByteClass.equals(value(tunnel), "websocket") else { return .foreignTunnel }
            head.append("Connection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: ")
            var key = webSocketKey()
            key.withUTF8 { unsafe head.append(UnsafeRawBufferPointer($0)) }
            head.append("\r\n\r\n")
            return .head(.tunnel)
        }
        if endsStream {
            head.append("\r\n")
            // RFC 9113 §8.1.1.
            return contentLength ?? 0 > 0 ? .malformed : .head(.none)
        }
        if hasContentLength {
            head.append("\r\n")
            return .head(.plain(length: contentLength))
        }
        head.append("Transfer-Encoding: chunked\r\n\r\n")
        return .head(.chunked)
    }
}
