/// A host name, or `*.` and a name for everything below that name.
package struct HostPattern: Hashable, Sendable, CustomStringConvertible {
    /// Lower case, as in the configuration: `example.com`, `*.example.com`, `192.0.2.7` or `[2001:db8::1]`.
    package let text: String
    /// True for `*.example.com`, which matches `a.example.com` and `a.b.example.com`, not `example.com`.
    package let isWildcard: Bool
    /// What a host must be, or with a wildcard what it must end in, dot included.
    private let bytes: [UInt8]

    /// Nil unless the text is a host name (international ones as punycode), an IP address (IPv6 in brackets) or `*.`
    /// before a name; no port.
    package init?(_ text: String) {
        guard let pattern = try? Self.parse(text) else { return nil }
        self = pattern
    }

    private init(valid text: String, isWildcard: Bool) {
        self.text = text
        self.isWildcard = isWildcard
        bytes = Array(text.utf8.dropFirst(isWildcard ? 1 : 0))
    }

    package var description: String { text }

    /// Whether `host`, as in a `Host` field but without its port, is meant. Upper and lower case are the same. Linear in
    /// the pattern's length, without allocation.
    package func matches(_ host: borrowing Span<UInt8>) -> Bool {
        let skipped = host.count - bytes.count
        guard isWildcard ? skipped > 0 && host[0] != UInt8(ascii: ".") : skipped == 0 else { return false }
        for index in bytes.indices where HostName.lowercased(host[skipped + index]) != bytes[index] { return false }
        return true
    }

    static func parse(_ text: String) throws(Mistake) -> HostPattern {
        let lowercased = text.lowercased()
        let isWildcard = lowercased.hasPrefix("*.")
        let name = isWildcard ? String(lowercased.dropFirst(2)) : lowercased
        let isAddress = IPAddress(name) != nil || name.hasPrefix("[")
        if isWildcard && isAddress {
            throw Mistake("\(text.quoted) has a wildcard before an address", "write the address alone")
        }
        if name.contains("*") {
            throw Mistake(
                "\(text.quoted) has a \"*\" in the wrong place",
                "write it once, as the first label, such as *.example.com; or leave out hosts for every host")
        }
        try HostName.validate(name, in: text)
        return HostPattern(valid: lowercased, isWildcard: isWildcard)
    }
}
