import HTTPWire
import NIOCore
import RoomConfiguration

/// The other end of a visitor's connection: the machine that connected, or the one that a PROXY protocol header names.
struct VisitorPeer {
    /// In text form, for fields and logs.
    let text: [UInt8]
    let address: IPAddress?
    /// The connection is TLS.
    private(set) var isSecure: Bool

    init(_ text: String, isSecure: Bool = false) {
        let address = IPAddress(text)
        self.address = address
        // On a socket for both families IPv4 comes as IPv6: it is one address, whichever socket took it.
        self.text = Array((address?.description ?? text).utf8)
        self.isSecure = isSecure
    }

    init(_ address: IPAddress) {
        self.address = address
        text = Array("\(address)".utf8)
        isSecure = false
    }

    /// The same behind a TLS handshake.
    var secured: VisitorPeer {
        var peer = self
        peer.isSecure = true
        return peer
    }

    /// Whoever is at the other end of `channel`.
    init(of channel: any Channel) {
        self.init(channel.remoteAddress?.ipAddress ?? "unknown")
    }
}

extension IPAddress {
    /// The visitor that a PROXY protocol header names; nil where it names nobody, or nothing that is an address of the
    /// family that it says.
    init?(_ source: ProxyHeader.Source, in bytes: UnsafeRawBufferPointer) {
        switch source {
        case .sender: return nil
        case .v4(let bits): self.init(v4: bits)
        case .v6(let high, let low): self.init(v6High: high, low: low)
        case .text4(let range), .text6(let range):
            let text = unsafe String(decoding: bytes[range], as: UTF8.self)
            var isV4 = false
            if case .text4 = source { isV4 = true }
            guard text.contains(":") != isV4, let address = IPAddress(text) else { return nil }
            self = address
        }
    }
}
