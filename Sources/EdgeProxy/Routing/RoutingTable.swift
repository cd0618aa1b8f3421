package import OTLPTracing
package import RoomConfiguration
package import WaitingRoom

/// Finds the room of a request: by host, then by the longest path. Built once for each configuration and shared by all loops.
package final class RoutingTable: Sendable {
    /// One path of one room.
    private struct Entry: Sendable {
        let room: CompiledRoom
        let path: [UInt8]
    }

    enum Match {
        case room(CompiledRoom)
        case passthrough(CompiledPassthrough)
        /// A host that no configured name covers: 421.
        case unknownHost
        /// A known host, but no room for the path: 404.
        case noRoom
    }

    package let rooms: [CompiledRoom]
    package let gate: GateConfiguration
    /// Whether any room asks newcomers to prove something.
    let hasChallenges: Bool
    /// Nil: requests are not traced.
    package let tracing: TraceSampling?
    let tls: TLSContexts
    let reservedPath: [UInt8]
    /// The value of `Strict-Transport-Security` in answers over TLS; empty for none.
    let strictTransport: [UInt8]
    /// What stands behind a host in URLs of the first https listener: nothing, or a colon and its port.
    let securePort: String
    /// Rooms with hosts of their own, longest path first.
    private let hosted: [Entry]
    /// Rooms for every host, longest path first.
    private let anyHost: [Entry]
    private let passthrough: [CompiledPassthrough]
    /// The commonest configuration: one room for everything.
    private let onlyRoom: CompiledRoom?

    /// - Parameter now: which settings hold at first.
    package init(_ configuration: Configuration, labels: LabelTable, tls: TLSContexts, at now: Timestamp) {
        self.tls = tls
        rooms = configuration.rooms.map {
            CompiledRoom($0, label: labels.label(for: $0.settings.id), tls: tls, at: now)
        }
        hasChallenges = rooms.contains { $0.rule.challenge.isOn }
        gate = configuration.gate
        tracing = configuration.tracing.endpoint.map { _ in TraceSampling(share: configuration.tracing.sample) }
        let port = configuration.gate.listen.first { $0.service == .https }?.address.port ?? 443
        securePort = port == 443 || port == 0 ? "" : ":\(port)"
        strictTransport = Array((configuration.gate.tls.hsts.fieldValue ?? "").utf8)
        reservedPath = Array(configuration.gate.reservedPath.utf8)
        passthrough = configuration.passthrough.map { CompiledPassthrough($0, tls: tls) }
        let entries = rooms.flatMap { room in
            room.rule.match.paths.map { Entry(room: room, path: Array($0.utf8)) }
        }.sorted { $0.path.count > $1.path.count }
        hosted = entries.filter { !$0.room.rule.match.hosts.isEmpty }
        anyHost = entries.filter { $0.room.rule.match.hosts.isEmpty }
        let isOnly =
            hosted.isEmpty && passthrough.isEmpty && anyHost.count == 1 && anyHost[0].path.elementsEqual("/".utf8)
        onlyRoom = isOnly ? anyHost[0].room : nil
        let targets = rooms.map(\.upstream) + passthrough.map(\.upstream)
        var known: Set<Endpoint> = []
        endpoints = targets.flatMap(\.endpoints).map(\.endpoint).filter { known.insert($0).inserted }
    }

    /// Every endpoint that requests may go to, each once, in the configuration's order.
    package let endpoints: [Endpoint]

    package func room(_ id: RoomID) -> CompiledRoom? { rooms.first { $0.id == id } }

    func room(idBytes: UnsafeRawBufferPointer) -> CompiledRoom? {
        for room in rooms where unsafe room.idBytes.elementsEqual(idBytes) { return room }
        return nil
    }

    /// `host` may carry a port. O(paths configured).
    func match(host: UnsafeRawBufferPointer, path: UnsafeRawBufferPointer) -> Match {
        if let onlyRoom { return .room(onlyRoom) }
        let name = unsafe Self.name(of: host)
        let nameSpan = unsafe Span<UInt8>(_unsafeBytes: name)
        func covers(_ patterns: [HostPattern]) -> Bool {
            for pattern in patterns where pattern.matches(nameSpan) { return true }
            return false
        }
        for entry in hosted where unsafe Self.isPrefix(entry.path, of: path) && covers(entry.room.rule.match.hosts) {
            return .room(entry.room)
        }
        for entry in anyHost where unsafe Self.isPrefix(entry.path, of: path) { return .room(entry.room) }
        for target in passthrough where covers(target.hosts) { return .passthrough(target) }
        guard anyHost.isEmpty else { return .noRoom }
        for entry in hosted where covers(entry.room.rule.match.hosts) { return .noRoom }
        return .unknownHost
    }

    /// `/a` is a prefix of `/a` and `/a/b`, not of `/ab`.
    static func isPrefix(_ prefix: [UInt8], of path: UnsafeRawBufferPointer) -> Bool {
        guard path.count >= prefix.count, unsafe path.starts(with: prefix) else { return false }
        if path.count == prefix.count || prefix.last == UInt8(ascii: "/") { return true }
        return unsafe path[prefix.count] == UInt8(ascii: "/")
    }

    /// The name without the port, and without the dot that makes a name absolute: servers take both for the same host.
    static func name(of host: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        var end = host.count
        while end > 0, unsafe host[end - 1] &- UInt8(ascii: "0") < 10 { end -= 1 }
        end = unsafe end > 0 && host[end - 1] == UInt8(ascii: ":") ? end - 1 : host.count
        if end > 1, unsafe host[end - 1] == UInt8(ascii: ".") { end -= 1 }
        return unsafe UnsafeRawBufferPointer(rebasing: host[..<end])
    }
}

extension RoutingTable.Match {
    /// Whether two readings of one path lead to the same place.
    static func same(_ a: RoutingTable.Match, _ b: RoutingTable.Match) -> Bool {
        switch (a, b) {
        case (.room(let a), .room(let b)): a === b
        case (.passthrough(let a), .passthrough(let b)): a === b
        case (.unknownHost, .unknownHost), (.noRoom, .noRoom): true
        default: false
        }
    }
}

extension StrictTransport {
    /// RFC 6797 §6.1; nil where nothing is said.
    fileprivate var fieldValue: String? {
        guard maxAge > 0 else { return nil }
        let directives = [
            "max-age=\(maxAge)", includesSubdomains ? "includeSubDomains" : nil, preload ? "preload" : nil,
        ]
        return directives.compactMap(\.self).joined(separator: "; ")
    }
}
