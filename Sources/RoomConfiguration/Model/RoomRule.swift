package import WaitingRoom

/// One of `rooms:`: which requests it protects, where they go, and its limits.
package struct RoomRule: Hashable, Sendable {
    /// While no event is on.
    package var settings: RoomSettings
    package var events: [ScheduledEvent]
    package var match: RoomMatch
    package var target: TargetConfiguration
    package var preserveHost: Bool
    package var forwardToken: Bool
    package var bypass: BypassRules
    package var rateLimits = RateLimits()
    /// A request whose answer matches one of these completes its session.
    package var completion: [CompletionRule]
    package var queueingStatusCode: Int
    package var tokenBinding: TokenBinding
    /// What newcomers have to prove.
    package var challenge = ChallengeRule()
    /// A Mustache template for the queue page, in place of the built-in one.
    package var template: TemplateFile?
    /// Only those join who have a pass.
    package var inviteOnly = false
    /// Decides and records, but lets everybody through.
    package var shadow = false
    /// How the rate follows what the origin bears; nil: it does not.
    package var adaptive: AdaptiveSettings?
    /// Passes that were withdrawn.
    package var revokedPasses: Set<PassID> = []

    package init(
        settings: RoomSettings, events: [ScheduledEvent] = [], match: RoomMatch = RoomMatch(),
        target: TargetConfiguration,
        preserveHost: Bool = true, forwardToken: Bool = false, bypass: BypassRules = BypassRules(),
        completion: [CompletionRule] = [], queueingStatusCode: Int = 503, tokenBinding: TokenBinding = .userAgent,
        template: TemplateFile? = nil
    ) {
        self.settings = settings
        self.events = events
        self.match = match
        self.target = target
        self.preserveHost = preserveHost
        self.forwardToken = forwardToken
        self.bypass = bypass
        self.completion = completion
        self.queueingStatusCode = queueingStatusCode
        self.tokenBinding = tokenBinding
        self.template = template
    }
}

extension RoomRule {
    /// The limits as they change with time.
    package var schedule: RoomSchedule { RoomSchedule(settings, events: events) }
}

package struct RoomMatch: Hashable, Sendable {
    /// Empty: every host.
    package var hosts: [HostPattern]
    /// Path prefixes, each beginning with "/" and, but for "/" itself, without a slash at the end. `/a` matches `/a`
    /// and `/a/b`, not `/ab`.
    package var paths: [String]

    package init(hosts: [HostPattern] = [], paths: [String] = ["/"]) {
        self.hosts = hosts
        self.paths = paths
    }
}

package struct BypassRules: Hashable, Sendable {
    package var paths: [PathPattern]
    package var addresses: [CIDR]
    package var headers: [HeaderSecret]

    package init(paths: [PathPattern] = [], addresses: [CIDR] = [], headers: [HeaderSecret] = []) {
        self.paths = paths
        self.addresses = addresses
        self.headers = headers
    }
}

/// A request field that opens the door: a secret between the gate and, say, a monitoring service.
package struct HeaderSecret: Hashable, Sendable {
    /// Lower case.
    package var name: String
    package var value: String

    package init(name: String, value: String) {
        self.name = name
        self.value = value
    }
}

package struct CompletionRule: Hashable, Sendable {
    package var path: PathPattern
    /// Empty: any 2xx.
    package var statuses: [Int]

    package init(path: PathPattern, statuses: [Int] = []) {
        self.path = path
        self.statuses = statuses
    }
}

/// A template that was read and parsed when the configuration was loaded.
package struct TemplateFile: Hashable, Sendable {
    /// Found from the working directory: a relative path in the configuration is relative to the configuration's folder.
    package var path: String
    package var source: String

    package init(path: String, source: String) {
        self.path = path
        self.source = source
    }
}
