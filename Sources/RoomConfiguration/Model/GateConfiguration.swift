package import WaitingRoom

/// `gate:` the listener that visitors reach.
package struct GateConfiguration: Hashable, Sendable {
    package var listen: [Listener]
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
    package var tls: VisitorTLS
    /// Visitors may speak HTTP/2: by ALPN, or at once without TLS (RFC 9113 §3.3).
    package var http2: Bool

    package init(
        listen: [Listener] = [Listener(ListenAddress(host: "0.0.0.0", port: 8080))],
        reservedPath: String = "/__anteroom",
        trustedProxies: [CIDR] = [], workers: Int = 0, accessLog: AccessLogDestination = .standardOutput,
        limits: RequestLimits = RequestLimits(), timeouts: GateTimeouts = GateTimeouts(),
        upstreamIdleConnections: Int = 512, tls: VisitorTLS = VisitorTLS(), http2: Bool = true
    ) {
        self.listen = listen
        self.reservedPath = reservedPath
        self.trustedProxies = trustedProxies
        self.workers = workers
        self.accessLog = accessLog
        self.limits = limits
        self.timeouts = timeouts
        self.upstreamIdleConnections = upstreamIdleConnections
        self.tls = tls
        self.http2 = http2
    }
}

/// `gate.limits`: sizes of docs/HTTP.md, in bytes but for `fields`; and how much all visitors together may take.
package struct RequestLimits: Hashable, Sendable {
    package var head = 32 * 1024
    package var fields = 100
    package var requestLine = 16 * 1024
    /// Open connections at each listener; 0 is as many as the process's descriptors allow.
    package var connections = 0
    /// Open connections of each address; 0 is any number.
    package var connectionsPerAddress = 1024
    package var memory = MemoryLimit.automatic
    /// Requests at once on one HTTP/2 connection.
    package var streams = 100

    package init() {}
}

/// `gate.timeouts`: times of docs/HTTP.md.
package struct GateTimeouts: Hashable, Sendable {
    /// From a request's first byte to the end of its head: 408.
    package var head: Milliseconds = .seconds(10)
    /// Between two reads or writes of a body.
    package var bodyProgress: Milliseconds = .seconds(30)
    /// A visitor's keep-alive connection between two requests.
    package var idle: Milliseconds = .seconds(60)
    package var connect: Milliseconds = .seconds(3)
    /// From a connection's beginning to the end of its TLS handshake, on either side.
    package var tlsHandshake: Milliseconds = .seconds(10)
    /// From the request to the first byte of the origin's answer: 504.
    package var firstByte: Milliseconds = .seconds(60)
    /// An idle connection to the origin.
    package var upstreamIdle: Milliseconds = .seconds(30)
    /// A tunnel without traffic in either direction.
    package var tunnelIdle: Milliseconds = .minutes(10)
    /// From the end of accepting to that of running requests.
    package var drain: Milliseconds = .seconds(30)
    /// From SIGTERM to the end of accepting.
    package var drainDelay: Milliseconds = .seconds(0)
    /// How long a new process may take to get ready, and to open the store.
    package var handover: Milliseconds = .seconds(30)

    package init() {}
}

/// How much memory the process may take before it accepts nobody new.
package enum MemoryLimit: Hashable, Sendable {
    /// Three quarters of what the machine, or the container, has.
    case automatic
    case off
    case bytes(Int)
}

package enum AccessLogDestination: Hashable, Sendable {
    case off
    case standardOutput
    /// Relative paths are relative to the working directory.
    case file(String)
}
