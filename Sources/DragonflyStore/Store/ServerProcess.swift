import WaitingRoom

/// One life of a server, from its start to its end: after another start it may hold less. Redis gives it a name; of
/// DragonflyDB the time of its start is known, to about a second.
package struct ServerProcess: Hashable, Sendable {
    /// For the room's `meta`.
    let text: String
    private let started: Int64?

    /// - Parameters:
    ///   - info: the answer to `INFO server`.
    ///   - now: the server's time of that.
    init?(info: String, now: Timestamp) {
        var fields: [Substring: Substring] = [:]
        for line in info.split(whereSeparator: \.isNewline) {
            let parts = line.split(separator: ":", maxSplits: 1)
            if parts.count == 2 { fields[parts[0]] = parts[1] }
        }
        if let name = fields["run_id"] {
            self.init(text: String(name))
        } else if let uptime = fields["uptime_in_seconds"].flatMap({ Int64($0) }) {
            self.init(text: Self.prefix + "\(now.milliseconds / 1000 - uptime)")
        } else {
            return nil
        }
    }

    init(text: String) {
        self.text = text
        started = text.hasPrefix(Self.prefix) ? Int64(text.dropFirst(Self.prefix.count)) : nil
    }

    package func isSame(as other: ServerProcess) -> Bool {
        if let started, let theirs = other.started { return abs(started - theirs) <= 2 }
        return text == other.text
    }

    private static let prefix = "started-"
}
