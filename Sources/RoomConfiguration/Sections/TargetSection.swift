import WaitingRoom

extension TargetConfiguration {
    /// Reads `target_url` or `target_urls`, `origin_tls`, `balance` and `health` of a room or a passthrough. Nil after refusing a
    /// target without an origin.
    init?(reading section: Section, pem: PEMReader) {
        var origins = Self.origins(section)
        section.readOriginTLS(into: &origins, pem: pem)
        self.init(origins ?? [])
        section.read("balance", into: &balance, .choice)
        if let health = section.section("health", as: .health) { self.health = HealthConfiguration(reading: health) }
        guard origins != nil else { return nil }
    }

    private static func origins(_ section: Section) -> [Origin]? {
        let items = section.value("target_urls").map { $0.items }
        guard let list = section.value("target_urls"), let items, items?.isEmpty != true else {
            return section.require("target_url", .httpURL, remedy: .targetURL).map { [$0] }
        }
        if let url = section.value("target_url"), !url.isNull {
            section.refuse("target_urls", Mistake("target_url is written too", "write one of the two"))
            return nil
        }
        guard let items else { return nil }
        var origins: [Origin] = []
        var taken: Set<Origin> = []
        for item in items {
            guard let origin = item.scalar(.httpURL) else { continue }
            if !taken.insert(Origin(host: origin.host, port: origin.port)).inserted {
                item.refuse(Mistake("\(origin.authority.quoted) is written twice", "write each origin once"))
            }
            origins.append(origin)
        }
        if origins.count > originLimit {
            list.refuse(Mistake("has \(origins.count) origins", "write at most \(originLimit)"))
        }
        return origins.count == items.count ? origins : nil
    }
}

extension HealthConfiguration {
    fileprivate init(reading section: Section) {
        self.init()
        let short = Milliseconds(100)
        section.read("max_failures", into: &maxFailures, .integer(0...1000))
        section.read("eject_time", into: &ejectTime, .duration(short...Milliseconds.hours(1)))
        section.read("max_eject_time", into: &maxEjectTime, .duration(short...Milliseconds.hours(24)))
        if maxEjectTime < ejectTime, section.areSound("eject_time", "max_eject_time") {
            section.refuse(
                section.contains("max_eject_time") ? "max_eject_time" : "eject_time",
                Mistake(
                    "max_eject_time \(maxEjectTime.configurationText) is less than eject_time "
                        + ejectTime.configurationText,
                    "write a max_eject_time of at least \(ejectTime.configurationText)"))
        }
        let check = HealthCheck(reading: section)
        guard let path = section.readOptional("path", .requestTarget) else { return }
        self.check = check
        self.check?.path = path
    }
}

extension HealthCheck {
    /// All but the path.
    fileprivate init(reading section: Section) {
        self.init()
        let usual = Milliseconds(100)...Milliseconds.hours(1)
        section.read("interval", into: &interval, .duration(usual))
        section.read("timeout", into: &timeout, .duration(usual))
        section.readList("expected_status", into: &expectedStatuses, .statusRange)
        if expectedStatuses.isEmpty {
            section.refuse("expected_status", Mistake("is an empty list", "write one such as [200-399]"))
        }
        section.read("healthy_threshold", into: &healthyThreshold, .integer(1...100))
        section.read("unhealthy_threshold", into: &unhealthyThreshold, .integer(1...100))
    }
}

extension ScalarForm<String> {
    /// A path, with a query if wanted, as it goes into a request line.
    fileprivate static var requestTarget: Self {
        ScalarForm { text throws(Mistake) in
            let isPlain = text.utf8.allSatisfy { (0x21...0x7e).contains($0) && $0 != UInt8(ascii: "#") }
            guard text.hasPrefix("/"), isPlain, text.utf8.count <= PathText.longest else {
                throw Mistake("\(text.quoted) is not a path", "write one that begins with \"/\", such as /healthz")
            }
            return text
        }
    }
}

extension ScalarForm<ClosedRange<Int>> {
    /// One status code, or a range of them: `204`, `200-399`.
    fileprivate static var statusRange: Self {
        ScalarForm { text throws(Mistake) in
            let parts = text.split(separator: "-", omittingEmptySubsequences: false)
            let codes = parts.compactMap { $0.utf8.count == 3 ? Int($0) : nil }.filter { (200...599).contains($0) }
            guard codes.count == parts.count, codes.count <= 2, let first = codes.first, let last = codes.last,
                first <= last
            else {
                throw Mistake(
                    "\(text.quoted) is not a status code or a range of them",
                    "write one from 200 to 599, or a range such as 200-399")
            }
            return first...last
        }
    }
}
