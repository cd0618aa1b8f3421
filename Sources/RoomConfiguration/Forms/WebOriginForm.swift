extension ScalarForm<WebOrigin> {
    /// A scheme and a host, with a port if it is not the scheme's own; compared byte by byte with what browsers send.
    static var webOrigin: Self {
        ScalarForm { text throws(Mistake) in
            let remedy = "write one as browsers send it, such as https://app.example.com or http://localhost:3000"
            let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, parts[1].hasPrefix("//"), isScheme(parts[0]) else {
                throw Mistake("\(text.quoted) is not the origin of a site", remedy)
            }
            guard text.utf8.count <= 256 else { throw Mistake("is too long", "write at most 256 bytes") }
            guard text == text.lowercased() else {
                throw Mistake("\(text.quoted) has capital letters", "write \(text.lowercased())")
            }
            var host = parts[1].dropFirst(2)
            guard !host.isEmpty, !host.utf8.contains(where: { "/?#@ \\*,;'\"".utf8.contains($0) || $0 <= 0x20 }) else {
                throw Mistake("\(text.quoted) has more or less than a host", remedy)
            }
            if let colon = host.lastIndex(of: ":"), !host.hasSuffix("]") {
                let port = try PortText.parse(host[host.index(after: colon)...], from: 1, in: text)
                guard (port, parts[0]) != (443, "https"), (port, parts[0]) != (80, "http") else {
                    throw Mistake(
                        "\(text.quoted) names the port that browsers leave out", "write \(parts[0])://\(host[..<colon])"
                    )
                }
                host = host[..<colon]
            }
            try HostName.validate(String(host), in: text)
            return WebOrigin(text: text)
        }
    }

    private static func isScheme(_ text: Substring) -> Bool {
        guard let first = text.utf8.first, (0x61...0x7a).contains(first | 0x20) else { return false }
        return text.utf8.allSatisfy {
            (0x61...0x7a).contains($0 | 0x20) || (0x30...0x39).contains($0) || "+-.".utf8.contains($0)
        }
    }
}
