/// Where a DragonflyDB or Redis listens and how to log in there, as `DRAGONFLYDB_URL` says it: `host:port`,
/// `redis://[user[:password]@]host[:port][/database]` or the same with `rediss://` for TLS.
package struct StoreAddress: Hashable, Sendable, CustomStringConvertible {
    package var host: String
    package var port: Int
    package var usesTLS: Bool
    /// An ACL user; nil is the server's default user.
    package var user: String?
    package var password: String?
    package var database: Int

    package init(
        host: String, port: Int = 6379, usesTLS: Bool = false, user: String? = nil, password: String? = nil,
        database: Int = 0
    ) {
        self.host = host
        self.port = port
        self.usesTLS = usesTLS
        self.user = user
        self.password = password
        self.database = database
    }

    /// - Throws: `StoreAddressError`, which never holds the text itself: it may hold a password.
    package init(_ text: String) throws(StoreAddressError) {
        var rest = Substring(text)
        var schemed = false
        var tls = false
        if let range = rest.firstRange(of: "://") {
            switch rest[..<range.lowerBound].lowercased() {
            case "redis": break
            case "rediss": tls = true
            default: throw StoreAddressError("the scheme must be redis:// or rediss://")
            }
            rest = rest[range.upperBound...]
            schemed = true
        }
        self.init(host: "", usesTLS: tls)
        if let at = rest.lastIndex(of: "@") {
            guard schemed else {
                throw StoreAddressError("a user or password needs the form redis://user:password@host:port")
            }
            try readCredentials(rest[..<at])
            rest = rest[rest.index(after: at)...]
        }
        if let slash = rest.firstIndex(of: "/") {
            guard schemed else { throw StoreAddressError("a database needs the form redis://host:port/database") }
            let number = rest[rest.index(after: slash)...]
            if !number.isEmpty {
                guard let database = Self.number(number, in: 0...16_383) else {
                    throw StoreAddressError("the database behind the host must be a number, as in redis://host:6379/0")
                }
                self.database = database
            }
            rest = rest[..<slash]
        }
        try readHost(rest, needsPort: !schemed)
    }

    private mutating func readCredentials(_ text: Substring) throws(StoreAddressError) {
        let colon = text.firstIndex(of: ":")
        let name = text[..<(colon ?? text.endIndex)]
        guard let user = Self.decoded(name),
            let password = Self.decoded(colon.map { text[text.index(after: $0)...] } ?? "")
        else { throw StoreAddressError("% in a user or password must be written %25") }
        // As redis-cli reads it: a lone word before the @ is a user, an empty user is the default one.
        self.user = user.isEmpty ? nil : user
        self.password = colon == nil ? nil : password
        if self.user != nil, self.password == nil {
            throw StoreAddressError("a user needs a password: redis://user:password@host:port, or redis://:password@…")
        }
    }

    private mutating func readHost(_ text: Substring, needsPort: Bool) throws(StoreAddressError) {
        var host = text
        var port: Substring?
        if text.first == "[" {
            guard let end = text.firstIndex(of: "]") else {
                throw StoreAddressError("an IPv6 address must stand in brackets, as in [::1]:6379")
            }
            host = text[text.index(after: text.startIndex)..<end]
            let behind = text[text.index(after: end)...]
            if !behind.isEmpty {
                guard behind.first == ":" else { throw StoreAddressError("only :port may follow the brackets") }
                port = behind.dropFirst()
            }
        } else if let colon = text.firstIndex(of: ":") {
            host = text[..<colon]
            port = text[text.index(after: colon)...]
            if port?.contains(":") == true {
                throw StoreAddressError("an IPv6 address must stand in brackets, as in [::1]:6379")
            }
        }
        guard !host.isEmpty, !host.contains(where: { $0.isWhitespace || "/?#@".contains($0) }) else {
            throw StoreAddressError("the host is missing or malformed; right is host:6379 or redis://host:6379")
        }
        self.host = String(host)
        if let port {
            guard let number = Self.number(port, in: 1...65_535) else {
                throw StoreAddressError("the port must be a number from 1 to 65535")
            }
            self.port = number
        } else if needsPort {
            throw StoreAddressError("the port is missing; right is host:6379 or redis://host")
        }
    }

    private static func number(_ text: Substring, in range: ClosedRange<Int>) -> Int? {
        guard !text.isEmpty, text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else {
            return nil
        }
        return Int(text).flatMap { range.contains($0) ? $0 : nil }
    }

    /// Percent-decoding (RFC 3986 §2.1).
    private static func decoded(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst(), let low = rest.popFirst(),
                let value = UInt8(String(decoding: [high, low], as: UTF8.self), radix: 16)
            else { return nil }
            bytes.append(value)
        }
        return String(validating: bytes, as: UTF8.self)
    }

    /// Without user and password.
    package var description: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return "\(usesTLS ? "rediss" : "redis")://\(name):\(port)/\(database)"
    }
}

/// What is wrong with an address of a store, and what would be right.
package struct StoreAddressError: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }
}
