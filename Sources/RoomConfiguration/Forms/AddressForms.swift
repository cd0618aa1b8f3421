import WaitingRoom

extension ScalarForm<RoomID> {
    static var roomID: Self {
        ScalarForm { text throws(Mistake) in
            guard let id = RoomID(text) else {
                throw Mistake(
                    "\(text.quoted) is not a room id",
                    "write 1 to 63 of a-z, 0-9 and -, with a letter or digit first and last")
            }
            return id
        }
    }
}

extension ScalarForm<PassID> {
    static var passID: Self {
        ScalarForm { text throws(Mistake) in
            guard let id = PassID(text.lowercased()) else {
                throw Mistake(
                    "\(text.quoted) is not the id of a pass", "write what anteroom token inspect shows as jti")
            }
            return id
        }
    }
}

extension ScalarForm<CIDR> {
    static var cidr: Self { ScalarForm(CIDR.parse) }
}

extension ScalarForm<HostPattern> {
    static var host: Self { ScalarForm(HostPattern.parse) }
}

extension ScalarForm<PathPattern> {
    static var pathPattern: Self { ScalarForm(PathPattern.parse) }
}

extension ScalarForm<ListenAddress> {
    /// An IP address (IPv6 in brackets), a colon and a port. Port 0 is any free one.
    static var listenAddress: Self {
        ScalarForm { text throws(Mistake) in
            guard let colon = text.lastIndex(of: ":"), !text.hasSuffix("]") else {
                let port = Int(text).flatMap { (1...65_535).contains($0) ? $0 : nil }
                throw Mistake(
                    "\(text.quoted) is not an address and a port",
                    "write \(port.map { "0.0.0.0:\($0)" } ?? "both, such as 127.0.0.1:8080")")
            }
            let port = try PortText.parse(text[text.index(after: colon)...], from: 0, in: text)
            var host = text[..<colon]
            let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
            if isBracketed { host = host.dropFirst().dropLast() }
            guard let address = IPAddress(host), host.contains(":") == isBracketed else {
                throw Mistake(
                    "\(text.quoted) has no IP address before the port",
                    "write 127.0.0.1:\(port), or 0.0.0.0:\(port) for every interface; IPv6 as [::]:\(port)")
            }
            return ListenAddress(host: address.description, port: port)
        }
    }
}

extension ScalarForm<Origin> {
    /// `http://host` or `https://host`, with a port and a path before every request's path if wanted.
    static var httpURL: Self {
        ScalarForm { text throws(Mistake) in
            guard text.utf8.count <= 2048 else { throw Mistake("the URL is too long", "write at most 2048 bytes") }
            let start = text.prefix(8).lowercased()
            let scheme: Origin.Scheme = start == "https://" ? .https(OriginTLS()) : .http
            guard start == "https://" || start.hasPrefix("http://") else {
                let example = text.contains("://") || text.isEmpty ? "http://127.0.0.1:9000" : "http://\(text)"
                throw Mistake(
                    "\(text.quoted) is not an http or https URL", "write one such as \(example.quotedContent)")
            }
            let rest = text.dropFirst(start == "https://" ? 8 : 7)
            let authority = rest.prefix { !"/?#".contains($0) }
            let path = String(rest.dropFirst(authority.count))
            if authority.contains("@") {
                // What stands there is a password: it is not repeated.
                throw Mistake("the URL holds a user name", "write it without \"user:password@\"")
            }
            let (host, port) = try hostAndPort(authority, scheme, in: text)
            if !path.isEmpty { try PathText.validate(path) }
            let prefix = PathText.withoutSlashAtEnd(path)
            return Origin(scheme: scheme, host: host, port: port, pathPrefix: prefix == "/" ? "" : prefix)
        }
    }

    private static func hostAndPort(
        _ authority: Substring, _ scheme: Origin.Scheme, in text: String
    ) throws(Mistake) -> (String, Int) {
        let name: Substring
        if let bracket = authority.lastIndex(of: "]") {
            name = authority[...bracket]
        } else {
            name = authority.prefix { $0 != ":" }
        }
        let behind = authority.dropFirst(name.count)
        guard behind.isEmpty || behind.hasPrefix(":") else {
            throw Mistake("\(text.quoted) has no valid host", "write one such as http://127.0.0.1:9000")
        }
        guard !name.isEmpty else {
            throw Mistake("\(text.quoted) has no host", "write one such as http://127.0.0.1:9000")
        }
        let host = name.lowercased()
        try HostName.validate(host, in: text)
        let port = behind.isEmpty ? scheme.port : try PortText.parse(behind.dropFirst(), from: 1, in: text)
        return (host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host, port)
    }
}

extension String {
    /// As `quoted`, without the quotes.
    fileprivate var quotedContent: Substring { quoted.dropFirst().dropLast() }
}

enum PortText {
    static func parse(_ digits: some StringProtocol, from lowest: Int, in text: String) throws(Mistake) -> Int {
        guard (1...5).contains(digits.utf8.count), digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let port = Int(digits), (lowest...65_535).contains(port)
        else {
            throw Mistake("\(text.quoted) has no valid port", "write one from \(lowest) to 65535")
        }
        return port
    }
}
