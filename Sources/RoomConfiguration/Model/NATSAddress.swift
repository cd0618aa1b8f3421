/// Where NATS is: one or more `nats://[user[:password]@]host[:port]` or `tls://…`, separated by commas.
package struct NATSAddress: Hashable, Sendable, CustomStringConvertible {
    /// As it was given, passwords included.
    package let url: String

    /// Nil unless each has one of the two schemes and a host.
    package init?(_ text: String) {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false).map { part in
            String(part.drop { $0 == " " })
        }
        for part in parts {
            guard let scheme = ["nats://", "tls://"].first(where: { part.hasPrefix($0) }) else { return nil }
            let authority = part.dropFirst(scheme.count)
            let host = authority.split(separator: "@", omittingEmptySubsequences: false).last ?? ""
            guard !host.isEmpty, !host.hasPrefix(":"), !host.contains(where: { "/?# ".contains($0) }) else {
                return nil
            }
            if !host.hasPrefix("["), let colon = host.firstIndex(of: ":") {
                guard let port = Int(host[host.index(after: colon)...]), (1...65_535).contains(port) else { return nil }
            }
        }
        url = parts.joined(separator: ",")
    }

    /// Without users and passwords.
    package var description: String {
        url.split(separator: ",").map { part in
            guard let at = part.lastIndex(of: "@"), let scheme = part.firstRange(of: "://") else { return String(part) }
            return "\(part[..<scheme.upperBound])\(part[part.index(after: at)...])"
        }.joined(separator: ",")
    }
}
