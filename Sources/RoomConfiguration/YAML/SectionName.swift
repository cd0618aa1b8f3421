/// The sections of the configuration and the keys that each may hold; `[]` stands for an item of a list.
enum SectionName: String, CaseIterable {
    case root = ""
    case gate
    case listener = "gate.listen[]"
    case tls = "gate.tls"
    case certificate = "gate.tls.certificates[]"
    case hsts = "gate.tls.hsts"
    case limits = "gate.limits"
    case timeouts = "gate.timeouts"
    case admin
    case store
    case events
    case tokens
    case log
    case tracing
    case api
    /// Of a room too.
    case rateLimits = "rate_limits"
    case passthrough = "passthrough[]"
    case room = "rooms[]"
    case originTLS = "rooms[].origin_tls"
    case match = "rooms[].match"
    case bypass = "rooms[].bypass"
    case bypassHeader = "rooms[].bypass.headers[]"
    case completion = "rooms[].completion[]"
    case event = "rooms[].events[]"
    case adaptive = "rooms[].adaptive"
    /// Of a passthrough too.
    case health = "rooms[].health"

    var keys: [String] {
        switch self {
        case .root:
            [
                "gate", "admin", "store", "events", "tokens", "log", "tracing", "api", "rate_limits", "passthrough",
                "rooms",
            ]
        case .gate:
            [
                "listen", "reserved_path", "trusted_proxies", "workers", "access_log", "limits", "timeouts",
                "upstream_idle_connections", "tls", "http2",
            ]
        case .listener: ["address", "service", "proxy_protocol"]
        case .tls: ["certificates", "minimum_version", "hsts"]
        case .certificate: ["certificate", "key"]
        case .hsts: ["max_age", "include_subdomains", "preload"]
        case .limits: ["head", "fields", "request_line", "connections", "connections_per_address", "memory", "streams"]
        case .timeouts:
            [
                "head", "body_progress", "idle", "connect", "tls_handshake", "first_byte", "upstream_idle",
                "tunnel_idle", "drain", "drain_delay", "handover",
            ]
        case .admin: ["listen", "keys_file"]
        case .store: ["kind", "url", "ca_file", "data_directory"]
        case .events: ["nats_url"]
        case .tokens: ["algorithm", "lifetime", "key_file", "token_binding"]
        case .log: ["level", "format"]
        case .tracing: ["endpoint", "sample"]
        case .api: ["cors_origins", "embed_origins"]
        case .rateLimits: ["enabled"] + CallLimit.allCases.map(\.rawValue) + ["exempt"]
        case .passthrough: ["hosts", "target_url", "target_urls", "balance", "health", "origin_tls", "preserve_host"]
        case .room:
            [
                "id", "name", "match", "target_url", "target_urls", "balance", "health", "origin_tls", "preserve_host",
                "max_active_users", "max_queue_size", "max_positions_per_address", "rate_limits", "queue_rate",
                "session_timeout", "session_renewal", "heartbeat_interval", "heartbeat_timeout", "claim_timeout",
                "admission_interval", "priority_share", "shuffle_window", "missed_turn_grace", "invite_only",
                "revoked_passes", "challenge", "challenge_provider", "challenge_site_key", "challenge_secret_file",
                "challenge_verify_url", "challenge_failure", "status",
                "queueing_status_code", "token_binding", "forward_token", "template", "bypass", "completion",
                "queueing_method", "opens_at", "closes_at", "pre_queue", "shuffle_at_start", "events", "shadow",
                "adaptive",
            ]
        case .originTLS: ["ca_file", "server_name", "verify", "certificate", "key"]
        case .match: ["hosts", "paths"]
        case .bypass: ["paths", "addresses", "headers"]
        case .bypassHeader: ["name", "value"]
        case .completion: ["path", "statuses"]
        case .event:
            [
                "name", "starts_at", "ends_at", "repeat", "until", "pre_queue", "shuffle_at_start", "max_active_users",
                "queue_rate", "session_timeout", "queueing_method", "status",
            ]
        case .adaptive: ["floor", "target_latency", "max_error_rate", "interval", "min_samples"]
        case .health:
            [
                "max_failures", "eject_time", "max_eject_time", "path", "interval", "timeout", "expected_status",
                "healthy_threshold", "unhealthy_threshold",
            ]
        }
    }

    /// Two of the keys, for messages.
    var example: String {
        keys.prefix(2).map { "\($0): …" }.joined(separator: " and ")
    }

    /// The nearest known key, here or in another section, as the remedy.
    func mistake(forUnknownKey key: String) -> Mistake {
        let wrong = "unknown key \(key.quoted)"
        let near = keys.map { (key: $0, distance: EditDistance.between(key, $0)) }.min { $0.distance < $1.distance }
        if let near, near.distance <= max(1, key.count / 3) { return Mistake(wrong, "write \(near.key)") }
        let homes = Self.allCases.filter { $0 != self && $0.keys.contains(key) }
        if let home = homes.first {
            let place = home == .root ? "the top of the file" : home.rawValue
            return Mistake(wrong, "it belongs to \(place)")
        }
        if let near, near.distance <= max(2, key.count / 2) { return Mistake(wrong, "write \(near.key), or remove it") }
        return Mistake(wrong, "remove it; known here: \(keys.joined(separator: ", "))")
    }
}
