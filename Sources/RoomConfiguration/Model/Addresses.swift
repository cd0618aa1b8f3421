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
    /// A name or an IP address, without brackets.
    package var host: String
    package var port: Int
    /// Put before the path of each request; empty or "/x" without a slash at the end.
    package var pathPrefix: String

    package init(host: String, port: Int, pathPrefix: String = "") {
        self.host = host
        self.port = port
        self.pathPrefix = pathPrefix
    }

    /// The same server without a path.
    package var server: Origin { Origin(host: host, port: port) }

    /// As a `Host` field: the port is left out where it is 80.
    package var authority: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port == 80 ? name : "\(name):\(port)"
    }
}
