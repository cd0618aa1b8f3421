/// The header of the PROXY protocol, with which a load balancer says at the beginning of a connection who the visitor
/// is (HAProxy's doc/proxy-protocol.txt, versions 1 and 2).
package enum ProxyHeader: Hashable, Sendable {
    /// Whose connection it is.
    package enum Source: Hashable, Sendable {
        /// The proxy's own: a health check (LOCAL), or something that it cannot name (UNKNOWN, UNSPEC, a Unix socket).
        case sender
        /// The place of an IPv4 address in text.
        case text4(Range<Int>)
        /// The place of an IPv6 address in text.
        case text6(Range<Int>)
        /// In host byte order.
        case v4(UInt32)
        /// In host byte order.
        case v6(high: UInt64, low: UInt64)
    }

    /// The bytes may be the beginning of a header; more are needed.
    case incomplete
    /// A whole header of so many bytes.
    case complete(Source, length: Int)
    /// No header that the gate takes.
    case refused(Flaw)

    package enum Flaw: String, Hashable, Sendable {
        case absent = "no PROXY protocol header"
        case unended = "the line of the PROXY header does not end with CRLF"
        case malformed = "the line of the PROXY header is malformed"
        case unknownProtocol = "the PROXY header names a protocol that is not known"
        case unknownCommand = "the PROXY header has another version or command"
        case tooLong = "the PROXY header is too long"
        case tooShort = "the PROXY header is too short for its addresses"
    }

    /// The longest header of version 1, its line end included (§2.1).
    package static let longestLine = 107
    /// The longest header of version 2 that is taken: addresses, and TLVs that nobody reads.
    package static let longestBinary = 4096

    /// Reads a header at the beginning of `bytes`. O(its length).
    package init(_ bytes: UnsafeRawBufferPointer) {
        if unsafe Self.begins(bytes, with: Self.signature) {
            self = unsafe Self.binary(bytes)
        } else if unsafe Self.begins(bytes, with: Self.word) {
            self = unsafe Self.line(bytes)
        } else {
            self = .refused(.absent)
        }
    }

    // MARK: Version 1

    private static let word: [UInt8] = Array("PROXY ".utf8)

    private static func line(_ bytes: UnsafeRawBufferPointer) -> ProxyHeader {
        let searched = unsafe bytes.prefix(longestLine)
        guard let end = unsafe searched.firstIndex(of: UInt8(ascii: "\n")) else {
            return bytes.count < longestLine ? .incomplete : .refused(.unended)
        }
        guard end > 0, unsafe bytes[end - 1] == UInt8(ascii: "\r") else { return .refused(.unended) }
        let fields = unsafe bytes[word.count..<end - 1].split(
            separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
        // What follows UNKNOWN is to be ignored.
        if unsafe isWord(fields.first, "UNKNOWN") { return .complete(.sender, length: end + 1) }
        let isV6 = unsafe isWord(fields.first, "TCP6")
        let isV4 = unsafe isWord(fields.first, "TCP4")
        guard isV4 || isV6 else { return .refused(.unknownProtocol) }
        // Protocol, source, destination, source port, destination port.
        guard unsafe fields.count == 5, unsafe isPort(fields[3]), unsafe isPort(fields[4]),
            unsafe (1...39).contains(fields[1].count), unsafe (1...39).contains(fields[2].count)
        else { return .refused(.malformed) }
        let source = unsafe fields[1].startIndex..<fields[1].endIndex
        return .complete(isV6 ? .text6(source) : .text4(source), length: end + 1)
    }

    private static func isWord(_ field: Slice<UnsafeRawBufferPointer>?, _ word: StaticString) -> Bool {
        word.withUTF8Buffer { text in unsafe field?.elementsEqual(text) ?? false }
    }

    private static func isPort(_ digits: Slice<UnsafeRawBufferPointer>) -> Bool {
        let areDigits = unsafe digits.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        let isShort = unsafe digits.count == 1 || (2...5).contains(digits.count) && digits.first != UInt8(ascii: "0")
        guard areDigits, isShort else { return false }
        return unsafe digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) } <= 65_535
    }

    // MARK: Version 2

    private static let signature: [UInt8] = [
        0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a,
    ]

    private static func binary(_ bytes: UnsafeRawBufferPointer) -> ProxyHeader {
        guard bytes.count > 12 else { return .incomplete }
        let command = unsafe bytes[12]
        guard command == 0x20 || command == 0x21 else {
            return .refused(.unknownCommand)
        }
        guard bytes.count > 13 else { return .incomplete }
        let family = unsafe bytes[13]
        let isLocal = command == 0x20
        guard isLocal || (family >> 4 <= 3 && family & 0xf <= 2) else {
            return .refused(.unknownProtocol)
        }
        guard bytes.count >= 16 else { return .incomplete }
        let rest = unsafe Int(bytes[14]) << 8 | Int(bytes[15])
        let length = 16 + rest
        guard length <= longestBinary else { return .refused(.tooLong) }
        let needed = isLocal ? 0 : family == 0x11 ? 12 : family == 0x21 ? 36 : 0
        guard rest >= needed else { return .refused(.tooShort) }
        guard bytes.count >= length else { return .incomplete }
        guard needed > 0 else { return .complete(.sender, length: length) }
        if family == 0x11 {
            return unsafe .complete(.v4(UInt32(truncatingIfNeeded: number(bytes[16..<20]))), length: length)
        }
        return unsafe .complete(.v6(high: number(bytes[16..<24]), low: number(bytes[24..<32])), length: length)
    }

    private static func number(_ bytes: Slice<UnsafeRawBufferPointer>) -> UInt64 {
        unsafe bytes.reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// Whether `bytes` begin with `prefix`, as far as there are any.
    private static func begins(_ bytes: UnsafeRawBufferPointer, with prefix: [UInt8]) -> Bool {
        unsafe zip(bytes, prefix).allSatisfy { $0 == $1 }
    }
}
