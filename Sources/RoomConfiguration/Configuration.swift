package import WaitingRoom

/// A validated configuration: everything in it can be acted on as it is. Made by `ConfigurationLoader`, never edited.
package struct Configuration: Hashable, Sendable {
    package var gate: GateConfiguration
    package var admin: AdminConfiguration
    package var store: StoreConfiguration
    package var tokens: TokenConfiguration
    package var log: LogConfiguration
    /// Hosts without a room whose requests are forwarded.
    package var passthrough: [PassthroughConfiguration]
    package var rooms: [RoomRule]
}

/// `gate:` the listener that visitors reach.
package struct GateConfiguration: Hashable, Sendable {
    package var listen: [ListenAddress]
    /// Without a slash at the end.
    package var reservedPath: String
    package var trustedProxies: [CIDR]
    /// Event loops; 0 is one per core.
    package var workers: Int
    package var accessLog: AccessLogDestination
    package var limits: RequestLimits
    package var timeouts: GateTimeouts
    /// Idle upstream connections kept per event loop and origin.
    package var upstreamIdleConnections: Int
}

/// `gate.limits`: sizes of SPEC section 12, in bytes but for `fields`.
package struct RequestLimits: Hashable, Sendable {
    package var head = 32 * 1024
    package var fields = 100
    package var requestLine = 16 * 1024

    package init() {}
}

/// `gate.timeouts`: times of SPEC section 12.
package struct GateTimeouts: Hashable, Sendable {
    /// From a request's first byte to the end of its head: 408.
    package var head: Milliseconds = .seconds(10)
    /// Between two reads or writes of a body.
    package var bodyProgress: Milliseconds = .seconds(30)
    /// A visitor's keep-alive connection between two requests.
    package var idle: Milliseconds = .seconds(60)
    package var connect: Milliseconds = .seconds(3)
    /// From the request to the first byte of the origin's answer: 504.
    package var firstByte: Milliseconds = .seconds(60)
    /// An idle connection to the origin.
    package var upstreamIdle: Milliseconds = .seconds(30)
    /// A tunnel without traffic in either direction.
    package var tunnelIdle: Milliseconds = .minutes(10)
    /// From SIGTERM to the end of running requests.
    package var drain: Milliseconds = .seconds(30)

    package init() {}
}

package enum AccessLogDestination: Hashable, Sendable {
    case off
    case standardOutput
    case file(String)
}

/// `admin:` the listener for operators and Prometheus.
package struct AdminConfiguration: Hashable, Sendable {
    package var listen: ListenAddress
}

/// `store:` where the line lives.
package struct StoreConfiguration: Hashable, Sendable {
    /// The journal's folder; relative paths are relative to the working directory.
    package var dataDirectory: String
}

/// `tokens:` how cookies are signed.
package struct TokenConfiguration: Hashable, Sendable {
    package enum Algorithm: String, Hashable, Sendable, CaseIterable {
        case rs256 = "RS256"
        case es256 = "ES256"
    }

    package var algorithm: Algorithm
    package var lifetime: Milliseconds
    package var keyFile: String
    /// `IP_SALT`, or nil: then the salt file beside the key file is used.
    package var salt: String?
}

package struct LogConfiguration: Hashable, Sendable {
    /// trace, debug, info, notice, warning, error or critical.
    package var level: String
}

/// `passthrough:` hosts that have no room.
package struct PassthroughConfiguration: Hashable, Sendable {
    package var hosts: [HostPattern]
    package var target: Origin
    package var preserveHost: Bool
}

/// One of `rooms:`: which requests it protects, where they go, and its limits.
package struct RoomRule: Hashable, Sendable {
    package var settings: RoomSettings
    package var match: RoomMatch
    package var target: Origin
    package var preserveHost: Bool
    package var forwardToken: Bool
    package var bypass: BypassRules
    /// A request whose answer matches one of these completes its session.
    package var completion: [CompletionRule]
    package var queueingStatusCode: Int
    package var tokenBinding: TokenBinding
    /// A Mustache template for the queue page, in place of the built-in one.
    package var template: TemplateFile?
}

package struct RoomMatch: Hashable, Sendable {
    /// Empty: every host.
    package var hosts: [HostPattern]
    /// Path prefixes, each beginning with "/". `/a` matches `/a` and `/a/b`, not `/ab`.
    package var paths: [String]
}

package struct BypassRules: Hashable, Sendable {
    package var paths: [PathPattern]
    package var addresses: [CIDR]
    package var headers: [HeaderSecret]
}

/// A request field that opens the door: a secret between the gate and, say, a monitoring service.
package struct HeaderSecret: Hashable, Sendable {
    /// Lower case.
    package var name: String
    package var value: String
}

package struct CompletionRule: Hashable, Sendable {
    package var path: PathPattern
    /// Empty: any 2xx.
    package var statuses: [Int]
}

package enum TokenBinding: String, Hashable, Sendable, CaseIterable {
    case none
    case userAgent = "user_agent"
    case ipAndUserAgent = "ip_and_user_agent"
}

/// A template that was read and parsed when the configuration was loaded.
package struct TemplateFile: Hashable, Sendable {
    package var path: String
    package var source: String
}
