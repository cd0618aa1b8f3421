package import RoomConfiguration

/// Where an admin listener is reached, such as `http://127.0.0.1:9090`.
package struct AdminAddress: Hashable, Sendable, CustomStringConvertible {
    /// Scheme and authority, and the path of a proxy in front of it; no slash at the end.
    private let base: String

    /// `http://` or `https://`, host, port, and perhaps a path; without a scheme it is http. Nil from anything else.
    package init?(_ text: String) {
        var text = text[...]
        let scheme: Substring
        if let mark = text.firstRange(of: "://") {
            scheme = text[..<mark.lowerBound]
            text = text[mark.upperBound...]
        } else {
            scheme = "http"
        }
        while text.hasSuffix("/") { text = text.dropLast() }
        guard scheme == "http" || scheme == "https", let first = text.first, first != "/", first != ":",
            text.utf8.allSatisfy(Self.isAllowed)
        else { return nil }
        base = "\(scheme)://\(text)"
    }

    /// Of this machine's listener: the loopback address where it listens on every address.
    package init(_ listener: ListenAddress) {
        var address = listener
        if address.host == "0.0.0.0" { address.host = "127.0.0.1" }
        if address.host == "::" { address.host = "::1" }
        base = "http://\(address)"
    }

    package var description: String { base }

    /// No user, query or fragment: a key is not part of an address.
    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "-._~:/[]".utf8.contains(byte)
        }
    }
}
