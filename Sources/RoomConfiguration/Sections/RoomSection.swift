import WaitingRoom

extension RoomRule {
    /// Nil after refusing a room without an id or an origin.
    /// - Parameters:
    ///   - binding: where the room names none.
    ///   - limits: where the room writes none.
    init?(
        reading section: Section, binding: TokenBinding, limits: RateLimits, templates: TemplateReader, pem: PEMReader,
        secrets: SecretReader
    ) {
        let id = section.require("id", .roomID, remedy: "write one of a-z, 0-9 and -, such as concert-tickets")
        let target = TargetConfiguration(reading: section, pem: pem)
        // Without an id or an origin the rest is read for its mistakes only.
        guard let placeholder = RoomID("room") else { return nil }
        var settings = RoomSettings(reading: section, id: id ?? placeholder)
        settings.readOpening(from: section)
        self.init(settings: settings, target: target ?? TargetConfiguration([]), tokenBinding: binding)
        section.read("preserve_host", into: &preserveHost, .boolean)
        section.read("forward_token", into: &forwardToken, .boolean)
        section.read("queueing_status_code", into: &queueingStatusCode, .queueingStatus)
        section.read("token_binding", into: &tokenBinding, .choice)
        challenge = ChallengeRule(reading: section, secrets: secrets)
        section.read("invite_only", into: &inviteOnly, .boolean)
        var revoked: [PassID] = []
        section.readList("revoked_passes", into: &revoked, .passID)
        revokedPasses = Set(revoked)
        if let match = section.section("match", as: .match) { self.match = RoomMatch(reading: match) }
        rateLimits = limits
        if let limits = section.section("rate_limits", as: .rateLimits) {
            rateLimits = RateLimits(reading: limits, defaults: rateLimits)
        }
        if let bypass = section.section("bypass", as: .bypass) { self.bypass = BypassRules(reading: bypass) }
        completion = section.sections("completion", as: .completion).compactMap(CompletionRule.init)
        events = settings.events(reading: section)
        template = templates.template(at: "template", of: section)
        section.read("shadow", into: &shadow, .boolean)
        // No page sends signs of life there: who waits is on the site, and is gone when a session would be.
        if shadow { self.settings.heartbeatTimeout = max(settings.heartbeatTimeout, settings.sessionTimeout) }
        guard id != nil, target != nil else { return nil }
        if let first = section.value("target_urls")?.items?.first?.scalar(.init { text in text }) {
            self.settings.targetURL = first
        }
    }
}

extension RoomSettings {
    fileprivate init(reading section: Section, id: RoomID) {
        self.init(id: id)
        section.read("name", into: &name, .text)
        targetURL = section.readOptional("target_url", .init { text in text }) ?? ""
        section.read("max_active_users", into: &maxActiveUsers, .slots)
        section.read("max_queue_size", into: &maxQueueSize, .lineLength)
        section.read("max_positions_per_address", into: &maxPositionsPerAddress, .integer(0...100_000_000))
        section.read("queue_rate", into: &queueRate, .rate)
        section.read("session_timeout", into: &sessionTimeout, .sessionTimeout)
        section.read("session_renewal", into: &sessionRenewal, .boolean)
        section.read("heartbeat_interval", into: &heartbeatInterval, .heartbeatInterval)
        section.read("heartbeat_timeout", into: &heartbeatTimeout, .heartbeatTimeout)
        section.read("claim_timeout", into: &claimTimeout, .claimTimeout)
        section.read("status", into: &status, .choice)
        section.read("admission_interval", into: &admissionInterval, .admissionInterval)
        section.read("priority_share", into: &priorityShare, .thousandths)
        section.read("shuffle_window", into: &shuffleWindow, .shuffleWindow)
        section.read("missed_turn_grace", into: &missedTurnGrace, .duration(Milliseconds(0)...Milliseconds.minutes(10)))
        // A visitor who misses one heartbeat must not lose the place.
        let least = Milliseconds(2 * heartbeatInterval.count)
        if heartbeatTimeout < least, section.areSound("heartbeat_interval", "heartbeat_timeout") {
            let interval = heartbeatInterval.configurationText
            section.refuse(
                section.contains("heartbeat_timeout") ? "heartbeat_timeout" : "heartbeat_interval",
                Mistake(
                    "heartbeat_timeout \(heartbeatTimeout.configurationText) is less than two of "
                        + "heartbeat_interval \(interval)",
                    "write a heartbeat_timeout of at least \(least.configurationText)"))
        }
    }
}

extension RoomMatch {
    fileprivate init(reading section: Section) {
        self.init()
        section.readList("hosts", into: &hosts, .host)
        section.readList("paths", into: &paths, .pathPrefix)
        if paths.isEmpty {
            section.refuse("paths", Mistake("is an empty list", "write [\"/\"], or remove the line for every path"))
            paths = ["/"]
        }
    }
}

extension BypassRules {
    fileprivate init(reading section: Section) {
        self.init()
        section.readList("paths", into: &paths, .pathPattern)
        section.readList("addresses", into: &addresses, .cidr)
        headers = section.sections("headers", as: .bypassHeader).compactMap(HeaderSecret.init)
    }
}

extension HeaderSecret {
    fileprivate init?(reading section: Section) {
        let name = section.require("name", .fieldName, remedy: "write a field name, such as X-Monitor-Key")
        let value = section.require("value", .fieldValue, remedy: "write the secret")
        guard let name, let value else { return nil }
        self.init(name: name, value: value)
    }
}

extension CompletionRule {
    fileprivate init?(reading section: Section) {
        let path = section.require("path", .pathPattern, remedy: "write one, such as /checkout/done")
        var statuses: [Int] = []
        section.readList("statuses", into: &statuses, .integer(200...599))
        guard let path else { return nil }
        self.init(path: path, statuses: statuses)
    }
}

extension ScalarForm<Int> {
    static var slots: Self {
        ScalarForm { text throws(Mistake) in
            guard text != "0" else {
                throw Mistake("0 lets nobody in", "write at least 1, or set status: paused")
            }
            return try integer(1...100_000_000).parse(text)
        }
    }

    fileprivate static var queueingStatus: Self {
        let codes = ["503", "200", "202", "429"]
        return ScalarForm { text throws(Mistake) in
            guard codes.contains(text), let code = Int(text) else { throw Mistake.unknownChoice(text, of: codes) }
            return code
        }
    }
}

extension ScalarForm<String> {
    /// A field name (RFC 9110 §5.1) in lower case.
    fileprivate static var fieldName: Self {
        ScalarForm { text throws(Mistake) in
            let isToken = text.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
                    || "!#$%&'*+-.^_`|~".utf8.contains(byte)
            }
            guard isToken, (1...128).contains(text.utf8.count) else {
                throw Mistake("\(text.quoted) is not a field name", "write one such as X-Monitor-Key")
            }
            return text.lowercased()
        }
    }

    /// A secret, so no message repeats it.
    fileprivate static var fieldValue: Self {
        ScalarForm { text throws(Mistake) in
            let isVisible = text.utf8.allSatisfy { (0x21...0x7e).contains($0) || $0 == 0x20 }
            guard isVisible, (1...1024).contains(text.utf8.count), !text.hasPrefix(" "), !text.hasSuffix(" ") else {
                throw Mistake(
                    "the secret is empty, too long, or has characters that a field cannot carry",
                    "write 1 to 1024 ASCII characters, no space at either end")
            }
            return text
        }
    }
}
