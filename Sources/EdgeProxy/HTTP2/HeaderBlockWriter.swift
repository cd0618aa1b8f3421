import HTTPWire
import NIOCore
import VisitorAPI

/// Writes the header sections of answers (RFC 9113 §8.3.2, RFC 7541 §6.2): names in lower case, without fields of the
/// connection. Nothing is put into the visitor's table, so that a block is written in one pass and means the same in
/// any order, and no cookie can be guessed by its size (RFC 7541 §7.1).
struct HeaderBlockWriter {
    /// The visitor is told that its table will stay empty: once, in the first block (RFC 7541 §4.2).
    var announcesEmptyTable: Bool
    /// The value of `Strict-Transport-Security`; empty for none.
    var strictTransport: [UInt8] = []

    /// An origin's answer; what `ResponseRewriter` is for HTTP/1.1.
    /// - Parameters:
    ///   - status: the origin's, or 200 where it opens a tunnel.
    ///   - cookies: `Set-Cookie` values to add.
    func write(
        _ head: ResponseHead, _ bytes: UnsafeRawBufferPointer, status: Int, cookies: [String] = [],
        refreshedCookie: [UInt8]? = nil, into out: inout ByteBuffer
    ) {
        HeadWriter.write(into: &out, capacity: bytes.count + 1024) { out in
            begin(status, &out)
            let hasNoBody = head.status < 200 || head.status == 204
            for field in head.fields where !field.isHopByHop {
                switch field.name {
                case .connection, .keepAlive, .proxyConnection, .te, .trailer, .upgrade, .transferEncoding,
                    .xAnteroomSession:
                    continue
                case .contentLength:
                    if hasNoBody { continue }
                    Self.name(28, &out)
                case .contentType: Self.name(31, &out)
                case .cacheControl: Self.name(24, &out)
                case .setCookie: out.append(Self.setCookie)
                default:
                    let name = unsafe UnsafeRawBufferPointer(rebasing: bytes[field.nameRange])
                    // The gate and the visitor have agreed on the tunnel without it (RFC 8441 §5).
                    if unsafe head.status == 101 && Self.isAccept(name) { continue }
                    unsafe Self.name(name, &out)
                }
                unsafe Self.value(UnsafeRawBufferPointer(rebasing: bytes[field.value]), &out)
            }
            for cookie in cookies { Self.cookie(Array(cookie.utf8), &out) }
            if let refreshedCookie { Self.cookie(refreshedCookie, &out) }
            if !strictTransport.isEmpty, unsafe !ResponseRewriter.saysStrictTransport(head, bytes) {
                writeStrictTransport(&out)
            }
        }
    }

    /// An answer of the gate's own.
    func write(_ response: VisitorResponse, requestID: [UInt8], into out: inout ByteBuffer) {
        HeadWriter.write(into: &out, capacity: 1024) { out in
            begin(response.status, &out)
            if !response.contentType.isEmpty {
                Self.name(31, &out)
                Self.value(response.contentType, &out)
            }
            // RFC 9113 §8.2.2: of the connection nothing is said here.
            for field in response.fields where field.name != "Connection" && field.name != "Upgrade" {
                Self.field(field.name, field.value, &out)
            }
            for cookie in response.cookies { Self.cookie(Array(cookie.utf8), &out) }
            if !strictTransport.isEmpty { writeStrictTransport(&out) }
            Self.field("x-request-id", String(decoding: requestID, as: UTF8.self), &out)
            // RFC 9110 §8.6: none with a 204.
            if response.status != 204 {
                Self.name(28, &out)
                Self.value("\(response.body.count)", &out)
            }
        }
    }

    /// A status and nothing else.
    func write(status: Int, into out: inout ByteBuffer) {
        HeadWriter.write(into: &out, capacity: 16) { out in begin(status, &out) }
    }

    // MARK: Representations

    private func writeStrictTransport(_ out: inout HeadWriter) {
        // RFC 7541 Appendix A.
        Self.name(56, &out)
        unsafe strictTransport.withUnsafeBytes { value in unsafe Self.value(value, &out) }
    }

    private func begin(_ status: Int, _ out: inout HeadWriter) {
        if announcesEmptyTable { out.append(byte: 0x20) }
        // RFC 7541 Appendix A, indices 8 to 14.
        let indexed: UInt8? =
            switch status {
            case 200: 0x88
            case 204: 0x89
            case 206: 0x8a
            case 304: 0x8b
            case 400: 0x8c
            case 404: 0x8d
            case 500: 0x8e
            default: nil
            }
        if let indexed {
            out.append(byte: indexed)
        } else {
            out.append(byte: 0x08)
            Self.value("\(status)", &out)
        }
    }

    /// A literal without indexing whose name has this index, from 15 on.
    private static func name(_ index: UInt8, _ out: inout HeadWriter) {
        out.append(byte: 0x0f)
        out.append(byte: index - 15)
    }

    /// A literal without indexing and with a name of its own.
    private static func name(_ name: UnsafeRawBufferPointer, _ out: inout HeadWriter) {
        out.append(byte: 0)
        length(name.count, &out)
        unsafe out.appendLowercased(name)
    }

    /// A literal that is never indexed, with the name's index, 55.
    private static let setCookie: StaticString = "\u{1f}\u{28}"

    private static func cookie(_ text: [UInt8], _ out: inout HeadWriter) {
        out.append(setCookie)
        unsafe text.withUnsafeBytes { text in unsafe value(text, &out) }
    }

    private static func field(_ name: String, _ text: String, _ out: inout HeadWriter) {
        var name = name
        name.withUTF8 { bytes in unsafe Self.name(UnsafeRawBufferPointer(bytes), &out) }
        value(text, &out)
    }

    private static func value(_ text: String, _ out: inout HeadWriter) {
        var text = text
        text.withUTF8 { text in unsafe value(UnsafeRawBufferPointer(text), &out) }
    }

    private static func value(_ text: UnsafeRawBufferPointer, _ out: inout HeadWriter) {
        length(text.count, &out)
        unsafe out.append(text)
    }

    /// The length of a plain string (RFC 7541 §5.1, §5.2).
    private static func length(_ length: Int, _ out: inout HeadWriter) {
        guard length >= 0x7f else {
            out.append(byte: UInt8(length))
            return
        }
        out.append(byte: 0x7f)
        var rest = length - 0x7f
        while rest >= 128 {
            out.append(byte: UInt8(rest & 0x7f) | 0x80)
            rest >>= 7
        }
        out.append(byte: UInt8(rest))
    }

    private static func isAccept(_ name: UnsafeRawBufferPointer) -> Bool {
        let accept = "sec-websocket-accept"
        return unsafe name.count == accept.utf8.count && zip(name, accept.utf8).allSatisfy { $0 | 0x20 == $1 | 0x20 }
    }
}
