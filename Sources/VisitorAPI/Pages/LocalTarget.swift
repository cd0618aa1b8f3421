/// Where a page sends its visitor: always a place on the host that served the page.
///
/// The text comes from a visitor's request and is believed in nothing: what is not a path becomes "/", and every byte
/// that RFC 3986 §2 does not allow in a URI is percent-encoded, so no character is left that HTML, JavaScript or a
/// `Refresh` field could take for its own.
struct LocalTarget: Hashable, Sendable {
    let text: String

    /// - Parameter text: a path with an optional query, as a request's target has it; or an absolute URL of any host,
    ///   of which the path and query are kept.
    init(_ text: String) {
        self.text = Self.isPlain(text) ? text : Self.local(text)
    }

    private static func local(_ text: String) -> String {
        var bytes = Array(text.utf8)[...]
        if let authority = authorityStart(of: bytes) {
            bytes = bytes[authority...]
            bytes = bytes[(bytes.firstIndex(of: UInt8(ascii: "/")) ?? bytes.endIndex)...]
        }
        // "//host" and "/\host" are other hosts to a browser.
        guard bytes.first == UInt8(ascii: "/") else {
            return "/"
        }
        let rest = bytes.drop { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "\\") }
        var encoded: [UInt8] = [UInt8(ascii: "/")]
        encoded.reserveCapacity(rest.count + 1)
        for byte in rest {
            if byte == UInt8(ascii: "#") { break }
            if isAllowed(byte) {
                encoded.append(byte)
            } else {
                encoded.append(UInt8(ascii: "%"))
                encoded.append(hexDigit(byte >> 4))
                encoded.append(hexDigit(byte & 0xf))
            }
        }
        return String(decoding: encoded, as: UTF8.self)
    }

    /// Whether nothing needs to be done to a text, as with nearly all.
    private static func isPlain(_ text: String) -> Bool {
        let bytes = text.utf8.span
        guard bytes.count > 0, bytes[0] == UInt8(ascii: "/") else { return false }
        if bytes.count > 1, bytes[1] == UInt8(ascii: "/") { return false }
        for index in bytes.indices where !isAllowed(bytes[index]) { return false }
        return true
    }

    /// Behind "http://" or "https://".
    private static func authorityStart(of bytes: ArraySlice<UInt8>) -> Int? {
        for scheme in ["http://", "https://"] where bytes.starts(with: scheme.utf8, by: { $0 | 0x20 == $1 | 0x20 }) {
            return bytes.startIndex + scheme.utf8.count
        }
        return nil
    }

    /// RFC 3986 §2.2 and §2.3 and "%", without "'", which is a quote elsewhere.
    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"), UInt8(ascii: "%"),
            UInt8(ascii: "?"), UInt8(ascii: "@"), UInt8(ascii: "!"), UInt8(ascii: "$"), UInt8(ascii: "&"),
            UInt8(ascii: "="), UInt8(ascii: "(")...UInt8(ascii: ","), UInt8(ascii: "/"),
            UInt8(ascii: ":")...UInt8(ascii: ";"):
            true
        default: false
        }
    }

    private static func hexDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "A") + value - 10
    }
}
