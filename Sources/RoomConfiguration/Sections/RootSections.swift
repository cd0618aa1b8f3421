import WaitingRoom

extension AdminConfiguration {
    init(reading section: Section) {
        self.init()
        section.read("listen", into: &listen, .listenAddress)
        section.read("keys_file", into: &keysFile, .text)
    }
}

extension StoreConfiguration {
    init(reading section: Section) {
        self.init()
        section.read("kind", into: &kind, .storeKind)
        if let url = section.value("url"), !url.isNull { section.read("url", into: &address, .storeAddress) }
        if let file = section.value("ca_file"), !file.isNull {
            var path = ""
            section.read("ca_file", into: &path, .text)
            caFile = path
        }
        section.read("data_directory", into: &dataDirectory, .text)
    }
}

extension LogConfiguration {
    init(reading section: Section) {
        self.init()
        section.read("level", into: &level, .logLevel)
        section.read("format", into: &format, .choice)
    }
}

extension PassthroughConfiguration {
    /// Nil after refusing it.
    init?(reading section: Section, pem: PEMReader) {
        var hosts: [HostPattern] = []
        section.readList("hosts", into: &hosts, .host)
        if hosts.isEmpty, section.areSound("hosts"), section.value("hosts")?.items?.isEmpty ?? true {
            section.refuse("hosts", Mistake("names no host", "write at least one, such as [www.example.com]"))
        }
        var preserveHost = true
        section.read("preserve_host", into: &preserveHost, .boolean)
        guard let target = TargetConfiguration(reading: section, pem: pem) else { return nil }
        self.init(hosts: hosts, target: target, preserveHost: preserveHost)
    }
}

extension EventsConfiguration {
    init(reading section: Section) {
        self.init()
        guard let url = section.value("nats_url"), !url.isNull else { return }
        var address: NATSAddress?
        section.read("nats_url", into: &address, .natsAddress)
        nats = address
    }
}

extension ScalarForm<NATSAddress?> {
    /// What is wrong is not repeated: it may hold a password.
    static var natsAddress: Self {
        ScalarForm { text throws(Mistake) in
            guard let address = NATSAddress(text) else {
                throw Mistake(
                    "this is not an address of NATS",
                    "write nats://host:4222 or tls://user:password@host:4222; several are separated by commas")
            }
            return address
        }
    }
}

extension String {
    /// The remedy where an origin is missing.
    static let targetURL = "write the origin, such as http://127.0.0.1:9000"
}

extension ScalarForm<StoreConfiguration.Kind> {
    static var storeKind: Self {
        ScalarForm { text throws(Mistake) in
            guard let kind = StoreConfiguration.Kind(rawValue: text) else {
                throw Mistake("\(text.quoted) is not a kind of store", "write memory or dragonfly")
            }
            return kind
        }
    }
}

extension ScalarForm<StoreAddress?> {
    /// What is wrong is not repeated: it may hold a password.
    static var storeAddress: Self {
        ScalarForm { text throws(Mistake) in
            do throws(StoreAddressError) {
                return try StoreAddress(text)
            } catch {
                throw Mistake(
                    "this is not the address of a store: \(error)",
                    "write host:6379 or redis://user:password@host:6379 (rediss:// for TLS)")
            }
        }
    }
}

extension ScalarForm<String> {

    /// The names of swift-log's levels.
    static var logLevel: Self {
        let levels = ["trace", "debug", "info", "notice", "warning", "error", "critical"]
        return ScalarForm { text throws(Mistake) in
            guard levels.contains(text) else { throw Mistake.unknownChoice(text, of: levels) }
            return text
        }
    }
}
