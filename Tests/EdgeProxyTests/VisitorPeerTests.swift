import HTTPWire
import RoomConfiguration
import Testing

@testable import EdgeProxy

@Suite struct VisitorPeerTests {
    @Test("An IPv4 visitor on an IPv6 socket is an IPv4 visitor")
    func mapped() {
        let peer = VisitorPeer("::ffff:192.0.2.7")
        #expect(peer.text == Array("192.0.2.7".utf8))
        #expect(peer.address?.family == .v4)
        #expect(VisitorPeer("unknown").text == Array("unknown".utf8))
    }

    @Test(
        "A PROXY header's source is an address of the family that it says",
        arguments: [
            ("PROXY TCP4 192.0.2.7 1.1.1.1 1 1\r\n", "192.0.2.7"),
            ("PROXY TCP6 2001:DB8::7 ::1 1 1\r\n", "2001:db8::7"),
            ("PROXY TCP6 ::ffff:192.0.2.7 ::1 1 1\r\n", "192.0.2.7"), ("PROXY TCP4 2001:db8::7 1.1.1.1 1 1\r\n", nil),
            ("PROXY TCP6 192.0.2.7 ::1 1 1\r\n", nil), ("PROXY TCP4 192.0.2.256 1.1.1.1 1 1\r\n", nil),
            ("PROXY TCP4 localhost 1.1.1.1 1 1\r\n", nil), ("PROXY UNKNOWN 192.0.2.7\r\n", nil),
        ] as [(String, String?)])
    func source(text: String, address: String?) throws {
        let bytes = Array(text.utf8)
        unsafe bytes.withUnsafeBytes { bytes in
            guard case .complete(let source, _) = unsafe ProxyHeader(bytes) else {
                Issue.record("no header: \(text)")
                return
            }
            #expect(unsafe IPAddress(source, in: bytes)?.description == address)
        }
    }
}
