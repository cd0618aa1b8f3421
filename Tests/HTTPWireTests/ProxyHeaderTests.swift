import Testing

@testable import HTTPWire

/// HAProxy's doc/proxy-protocol.txt.
@Suite struct ProxyHeaderTests {
    private func read(_ bytes: [UInt8]) -> ProxyHeader { bytes.withUnsafeBytes { ProxyHeader($0) } }

    private func read(_ text: String) -> ProxyHeader { read(Array(text.utf8)) }

    private static let signature: [UInt8] = Array("\r\n\r\n\0\r\nQUIT\n".utf8)

    private func binary(_ command: UInt8, _ family: UInt8, _ rest: [UInt8], length: Int? = nil) -> [UInt8] {
        let length = length ?? rest.count
        return Self.signature + [command, family, UInt8(length >> 8), UInt8(length & 0xff)] + rest
    }

    private let v4: [UInt8] = [192, 0, 2, 7, 192, 0, 2, 1, 0xdc, 0x04, 0x01, 0xbb]
    private let v6: [UInt8] =
        [0x20, 0x01, 0x0d, 0xb8] + [UInt8](repeating: 0, count: 11) + [7] + [UInt8](repeating: 1, count: 16) + [
            1, 2, 3, 4,
        ]

    @Test(
        "A line names the source by its place",
        arguments: [
            ("PROXY TCP4 192.0.2.7 192.0.2.1 56324 443\r\nGET", "192.0.2.7", false),
            ("PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n", "255.255.255.255", false),
            ("PROXY TCP6 2001:db8::7 ::1 0 65535\r\n\r\n", "2001:db8::7", true),
        ])
    func line(text: String, source: String, isV6: Bool) throws {
        let length = try #require(text.utf8.firstIndex(of: UInt8(ascii: "\n"))).utf16Offset(in: text) + 1
        let range = 11..<11 + source.utf8.count
        #expect(read(text) == .complete(isV6 ? .text6(range) : .text4(range), length: length))
        #expect(String(decoding: Array(text.utf8)[range], as: UTF8.self) == source)
    }

    @Test(
        "UNKNOWN is the sender's own, whatever follows",
        arguments: [
            "PROXY UNKNOWN\r\n", "PROXY UNKNOWN ffff:f::1 x y z 1\r\n",
            "PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n",
        ])
    func unknown(text: String) {
        #expect(read(text) == .complete(.sender, length: text.utf8.count))
    }

    @Test(
        "A malformed line is refused",
        arguments: [
            ("GET / HTTP/1.1\r\n", ProxyHeader.Flaw.absent), ("proxy TCP4 1.1.1.1 1.1.1.1 1 1\r\n", .absent),
            ("PROXY TCP4 1.1.1.1 1.1.1.1 1 1\n", .unended), ("PROXY TCP4 1.1.1.1 1.1.1.1 1\r\n", .malformed),
            ("PROXY TCP4 1.1.1.1 1.1.1.1 1 1 \r\n", .malformed), ("PROXY TCP4  1.1.1.1 1.1.1.1 1 1\r\n", .malformed),
            ("PROXY TCP4 1.1.1.1 1.1.1.1 01 1\r\n", .malformed), ("PROXY TCP4 1.1.1.1 1.1.1.1 65536 1\r\n", .malformed),
            ("PROXY TCP4 1.1.1.1 1.1.1.1 1 999999\r\n", .malformed),
            ("PROXY TCP4 1.1.1.1 1.1.1.1 -1 1\r\n", .malformed),
            ("PROXY UDP4 1.1.1.1 1.1.1.1 1 1\r\n", .unknownProtocol), ("PROXY \r\n", .unknownProtocol),
            ("PROXY TCP4X 1.1.1.1 1.1.1.1 1 1\r\n", .unknownProtocol), ("PROXY UNKNOWNX\r\n", .unknownProtocol),
            ("PROXY UNKNOWN \(String(repeating: "x", count: 100))\r\n", .unended),
        ])
    func malformedLine(text: String, flaw: ProxyHeader.Flaw) {
        #expect(read(text) == .refused(flaw))
    }

    @Test("A line has 107 bytes at most, its end included")
    func lineLimit() {
        let longest = "PROXY UNKNOWN " + String(repeating: "x", count: 91) + "\r\n"
        #expect(longest.utf8.count == 107 && read(longest) == .complete(.sender, length: 107))
        #expect(read(String(longest.dropLast(1))) == .incomplete)
        #expect(read(longest.dropLast(1) + "xx") == .refused(.unended))
    }

    @Test("A binary header holds the source, and TLVs that are skipped")
    func binaryAddresses() {
        #expect(read(binary(0x21, 0x11, v4)) == .complete(.v4(0xc000_0207), length: 28))
        #expect(read(binary(0x21, 0x11, v4 + [4, 0, 1, 0]) + [9]) == .complete(.v4(0xc000_0207), length: 32))
        #expect(read(binary(0x21, 0x21, v6)) == .complete(.v6(high: 0x2001_0db8_0000_0000, low: 7), length: 52))
    }

    @Test(
        "LOCAL, UNSPEC, datagrams and Unix sockets are the sender's own",
        arguments: [
            (0x20, 0x11, 12), (0x20, 0x00, 0), (0x20, 0xff, 3), (0x21, 0x00, 0), (0x21, 0x12, 12), (0x21, 0x31, 216),
        ] as [(UInt8, UInt8, Int)])
    func own(command: UInt8, family: UInt8, count: Int) {
        let header = binary(command, family, [UInt8](repeating: 1, count: count))
        #expect(read(header) == .complete(.sender, length: header.count))
    }

    @Test(
        "A malformed binary header is refused",
        arguments: [
            (0x11, 0x11, 12, .unknownCommand), (0x22, 0x11, 12, .unknownCommand), (0x21, 0x41, 12, .unknownProtocol),
            (0x21, 0x13, 12, .unknownProtocol), (0x21, 0x11, 11, .tooShort), (0x21, 0x21, 35, .tooShort),
            (0x21, 0x11, 4081, .tooLong), (0x20, 0x00, 65_535, .tooLong),
        ] as [(UInt8, UInt8, Int, ProxyHeader.Flaw)])
    func malformedBinary(command: UInt8, family: UInt8, length: Int, flaw: ProxyHeader.Flaw) {
        #expect(read(binary(command, family, [], length: length)) == .refused(flaw))
    }

    @Test("A header is whole only with its last byte")
    func fragments() {
        let headers = [
            Array("PROXY TCP4 192.0.2.7 192.0.2.1 56324 443\r\n".utf8), Array("PROXY UNKNOWN\r\n".utf8),
            binary(0x21, 0x11, v4), binary(0x21, 0x21, v6 + [4, 0, 1, 0]), binary(0x20, 0, []),
        ]
        for header in headers {
            for count in 0..<header.count { #expect(read(Array(header[..<count])) == .incomplete) }
            guard case .complete(_, header.count) = read(header) else {
                Issue.record("not whole: \(header)")
                continue
            }
        }
    }
}
