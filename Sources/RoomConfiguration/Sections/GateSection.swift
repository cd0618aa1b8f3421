import WaitingRoom

extension GateConfiguration {
    init(reading section: Section, pem: PEMReader) {
        self.init()
        section.readListen(into: &listen)
        if let tls = section.section("tls", as: .tls) { self.tls = VisitorTLS(reading: tls, pem: pem) }
        section.checkServices(of: listen, tls)
        section.read("reserved_path", into: &reservedPath, .reservedPath)
        section.readList("trusted_proxies", into: &trustedProxies, .cidr)
        section.read("workers", into: &workers, .integer(0...256))
        section.read("access_log", into: &accessLog, .accessLog)
        section.read("http2", into: &http2, .boolean)
        section.read("upstream_idle_connections", into: &upstreamIdleConnections, .integer(0...4096))
        if let limits = section.section("limits", as: .limits) { self.limits = RequestLimits(reading: limits) }
        if let timeouts = section.section("timeouts", as: .timeouts) { self.timeouts = GateTimeouts(reading: timeouts) }
    }
}

extension Section {
    /// `listen` is a list, or one address by itself.
    fileprivate func readListen(into listeners: inout [Listener]) {
        guard let value = value("listen") else { return }
        if value.isScalar {
            if let address = value.scalar(.listenAddress) { listeners = [Listener(address)] }
            return
        }
        guard let items = value.items else { return }
        guard !items.isEmpty else {
            value.refuse(Mistake("is an empty list", "write an address, such as [\"0.0.0.0:8080\"]"))
            return
        }
        let read = items.compactMap { item in
            item.isScalar
                ? item.scalar(.listenAddress).map { Listener($0) }
                : Section(item, as: .listener).flatMap(Listener.init(reading:))
        }
        guard read.count == items.count else { return }
        listeners = read
        for (index, listener) in read.enumerated() {
            let address = listener.address
            if let other = read[..<index].first(where: { $0.address.collides(with: address) }) {
                value.refuse(
                    Mistake("\(address) and \(other.address) cannot both be listened on", "write one of them"))
            }
        }
    }
}

extension Section {
    /// What listeners promise must be there.
    fileprivate func checkServices(of listeners: [Listener], _ tls: VisitorTLS) {
        guard areSound("listen", "tls") else { return }
        let secure = listeners.first { $0.service == .https }
        if let secure, tls.certificates.isEmpty {
            refuse(
                "listen",
                Mistake(
                    "\(secure.address) serves https, and gate.tls has no certificate",
                    "write tls: { certificates: [{ certificate: site.pem, key: site.key }] }"))
        }
        if secure == nil, let redirect = listeners.first(where: { $0.service == .redirect }) {
            refuse(
                "listen",
                Mistake(
                    "\(redirect.address) redirects to https, which no listener serves",
                    "write a listener with service: https"))
        }
    }
}

extension Listener {
    /// Nil after refusing one without an address.
    fileprivate init?(reading section: Section) {
        guard let address = section.require("address", .listenAddress, remedy: "write one, such as \"0.0.0.0:443\"")
        else { return nil }
        self.init(address)
        section.read("service", into: &service, .choice)
        section.read("proxy_protocol", into: &takesProxyProtocol, .boolean)
    }
}

extension ListenAddress {
    /// Whether the system would refuse to listen on both: the same port, and the same address or one for all.
    func collides(with other: ListenAddress) -> Bool {
        guard port == other.port, port != 0 else { return false }
        if host == other.host { return true }
        let isSameFamily = host.contains(":") == other.host.contains(":")
        return isSameFamily && [host, other.host].contains(host.contains(":") ? "::" : "0.0.0.0")
    }
}

extension RequestLimits {
    init(reading section: Section) {
        self.init()
        section.read("head", into: &head, .byteSize(1024...1024 * 1024))
        section.read("fields", into: &fields, .integer(10...1000))
        section.read("request_line", into: &requestLine, .byteSize(256...1024 * 1024))
        section.read("connections", into: &connections, .integer(0...10_000_000))
        section.read("connections_per_address", into: &connectionsPerAddress, .integer(0...10_000_000))
        section.read("memory", into: &memory, .memoryLimit)
        section.read("streams", into: &streams, .integer(1...10_000))
        if requestLine > head, section.areSound("head", "request_line") {
            section.refuse(
                section.contains("request_line") ? "request_line" : "head",
                Mistake(
                    "the request line may have \(requestLine) bytes, the whole head only \(head)",
                    "write a request_line of at most the head's size"))
        }
    }
}

extension GateTimeouts {
    init(reading section: Section) {
        self.init()
        let usual = Milliseconds(100)...Milliseconds.hours(24)
        section.read("head", into: &head, .duration(usual))
        section.read("body_progress", into: &bodyProgress, .duration(usual))
        section.read("idle", into: &idle, .duration(usual))
        section.read("connect", into: &connect, .duration(usual))
        section.read("tls_handshake", into: &tlsHandshake, .duration(usual))
        section.read("first_byte", into: &firstByte, .duration(usual))
        section.read("upstream_idle", into: &upstreamIdle, .duration(usual))
        section.read("tunnel_idle", into: &tunnelIdle, .duration(usual))
        section.read("drain", into: &drain, .duration(Milliseconds(0)...Milliseconds.hours(1)))
        section.read("drain_delay", into: &drainDelay, .duration(Milliseconds(0)...Milliseconds.hours(1)))
        section.read("handover", into: &handover, .duration(Milliseconds(100)...Milliseconds.hours(1)))
    }
}

extension ScalarForm<AccessLogDestination> {
    static var accessLog: Self {
        ScalarForm { text throws(Mistake) in
            switch text {
            case "off": return .off
            case "stdout": return .standardOutput
            case "on", "yes", "no", "true", "false", "stderr", "-":
                throw Mistake("\(text.quoted) is not a place for the access log", "write off, stdout or a file's path")
            default: return .file(try ScalarForm<String>.text.parse(text))
            }
        }
    }
}

extension ScalarForm<MemoryLimit> {
    static var memoryLimit: Self {
        ScalarForm { text throws(Mistake) in
            switch text {
            case "auto": return .automatic
            case "off": return .off
            default:
                let bytes = try ScalarForm<Int>.byteSize(0...1 << 50).parse(text)
                guard bytes >= 64 << 20 else {
                    throw Mistake("\(text.quoted) is too small", "write at least 64MiB, or auto or off")
                }
                return .bytes(bytes)
            }
        }
    }
}

extension ScalarForm<String> {
    /// A path prefix that leaves room for the site.
    static var reservedPath: Self {
        ScalarForm { text throws(Mistake) in
            let path = try PathText.prefix(text)
            guard path != "/" else {
                throw Mistake("\"/\" would hide the whole site", "write a path of its own, such as /__anteroom")
            }
            let api = "/api/v1/queues"
            guard !PathText.isPrefix(path, of: api), !PathText.isPrefix(api, of: path) else {
                throw Mistake("\(text.quoted) collides with the API under \(api)", "write another, such as /__anteroom")
            }
            return path
        }
    }
}

extension PathText {
    /// Whether `path` is `prefix` or below it; both without a slash at the end.
    static func isPrefix(_ prefix: String, of path: String) -> Bool {
        prefix == "/" || path == prefix || path.hasPrefix(prefix + "/")
    }
}
