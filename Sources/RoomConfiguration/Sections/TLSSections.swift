import WaitingRoom

extension VisitorTLS {
    init(reading section: Section, pem: PEMReader) {
        self.init()
        let sections = section.sections("certificates", as: .certificate)
        certificates = sections.compactMap { section in
            if !section.isWritten("certificate"), !section.isWritten("key") {
                section.refuse("certificate", Mistake("is missing", "write certificate: and key:, two PEM files"))
            }
            return pem.pair(certificate: "certificate", key: "key", of: section)
        }
        section.read("minimum_version", into: &minimumVersion, .choice)
        if let section = section.section("hsts", as: .hsts) { hsts = StrictTransport(reading: section) }
    }
}

extension StrictTransport {
    /// What browsers' preload lists ask for, in seconds (hstspreload.org).
    private static let leastPreloaded: Int64 = 31_536_000

    fileprivate init(reading section: Section) {
        self.init()
        var age = Milliseconds(0)
        section.read("max_age", into: &age, .duration(Milliseconds(0)...Milliseconds.hours(87_600)))
        maxAge = age.count / 1000
        section.read("include_subdomains", into: &includesSubdomains, .boolean)
        section.read("preload", into: &preload, .boolean)
        if preload, !includesSubdomains || maxAge < Self.leastPreloaded,
            section.areSound("max_age", "include_subdomains", "preload")
        {
            section.refuse(
                "preload",
                Mistake(
                    "no preload list takes this",
                    "write a max_age of at least 8760h and include_subdomains: true, or preload: false"))
        }
    }
}

extension OriginTLS {
    fileprivate init(reading section: Section, pem: PEMReader) {
        self.init()
        authorities = pem.authorities(at: "ca_file", of: section)
        serverName = section.readOptional("server_name", .serverName)
        section.read("verify", into: &verifies, .boolean)
        client = pem.pair(certificate: "certificate", key: "key", of: section)
        if !verifies, authorities != nil {
            section.refuse("verify", Mistake("trusts everybody, and ca_file only some", "remove one of the two"))
        }
    }
}

extension Section {
    /// Puts `origin_tls` into the https ones of `origins`; nil for those that were refused.
    func readOriginTLS(into origins: inout [Origin]?, pem: PEMReader) {
        guard let section = section("origin_tls", as: .originTLS) else { return }
        let tls = OriginTLS(reading: section, pem: pem)
        guard let read = origins else { return }
        origins = read.map { origin in
            var origin = origin
            if origin.tls != nil { origin.scheme = .https(tls) }
            return origin
        }
        if tls != OriginTLS(), !read.contains(where: { $0.tls != nil }), areSound("origin_tls") {
            refuse("origin_tls", Mistake("the origin is not spoken to by TLS", "write an https:// URL as target_url"))
        }
    }
}

extension ScalarForm<String> {
    /// A name that a certificate can hold.
    fileprivate static var serverName: Self {
        ScalarForm { text throws(Mistake) in
            let name = text.lowercased()
            try HostName.validate(name, in: text)
            guard IPAddress(name) == nil, !name.hasPrefix("[") else {
                throw Mistake(
                    "\(text.quoted) is an address", "write a name; an address in the URL needs no server_name")
            }
            return name
        }
    }
}
