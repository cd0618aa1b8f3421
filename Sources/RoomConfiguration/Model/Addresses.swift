/// `host:port` or `[v6]:port` to listen on.
package struct ListenAddress: Hashable, Sendable, CustomStringConvertible {
    /// An IP address, without brackets.
    package var host: String
    package var port: Int

    package init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

/// The server behind a `target_url`.
package struct Origin: Hashable, Sendable {
    package enum Scheme: Hashable, Sendable {
        case http
        case https(OriginTLS)

        /// The port that an address without one means.
        package var port: Int {
            switch self {
            case .http: 80
            case .https: 443
            }
        }
    }

    package var scheme: Scheme
    /// A name or an IP address, without brackets.
    package var host: String
    package var port: Int
    /// Put before the path of each request; empty or "/x" without a slash at the end.
    package var pathPrefix: String

    package init(scheme: Scheme = .http, host: String, port: Int, pathPrefix: String = "") {
        self.scheme = scheme
        self.host = host
        self.port = port
        self.pathPrefix = pathPrefix
    }

    /// Nil without TLS.
    package var tls: OriginTLS? {
        if case .https(let tls) = scheme { tls } else { nil }
    }

    /// The same server without a path.
    package var server: Origin { Origin(scheme: scheme, host: host, port: port) }

    /// As a `Host` field: the scheme's own port is left out.
    package var authority: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port == scheme.port ? name : "\(name):\(port)"
    }
}
