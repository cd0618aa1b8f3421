package import WaitingRoom

/// A validated configuration: everything in it can be acted on as it is. Made by `ConfigurationLoader`, never edited.
package struct Configuration: Hashable, Sendable {
    package var gate: GateConfiguration
    package var admin: AdminConfiguration
    package var store: StoreConfiguration
    package var events: EventsConfiguration
    package var tokens: TokenConfiguration
    package var log: LogConfiguration
    package var tracing = TracingConfiguration()
    package var api: APIConfiguration
    /// Hosts without a room whose requests are forwarded.
    package var passthrough: [PassthroughConfiguration]
    package var rooms: [RoomRule]

    /// Every section that is not given has its documented defaults.
    package init(
        gate: GateConfiguration = GateConfiguration(), admin: AdminConfiguration = AdminConfiguration(),
        store: StoreConfiguration = StoreConfiguration(), events: EventsConfiguration = EventsConfiguration(),
        tokens: TokenConfiguration = TokenConfiguration(), log: LogConfiguration = LogConfiguration(),
        api: APIConfiguration = APIConfiguration(),
        passthrough: [PassthroughConfiguration] = [], rooms: [RoomRule]
    ) {
        self.gate = gate
        self.admin = admin
        self.store = store
        self.events = events
        self.tokens = tokens
        self.log = log
        self.api = api
        self.passthrough = passthrough
        self.rooms = rooms
    }

    /// Of each room, as they hold at `time`.
    package func settings(at time: Timestamp) -> [RoomSettings] { rooms.map { $0.schedule.settings(at: time) } }
}

/// `admin:` the listener for operators and Prometheus.
package struct AdminConfiguration: Hashable, Sendable {
    package var listen: ListenAddress
    /// Where the keys of the admin API are; relative paths are relative to the working directory.
    package var keysFile: String
    /// What stands there; nil: there is no such file yet.
    package var keys: [AdminKey]?

    package init(
        listen: ListenAddress = ListenAddress(host: "127.0.0.1", port: 9090), keysFile: String = "var/keys/admin.keys",
        keys: [AdminKey]? = nil
    ) {
        self.listen = listen
        self.keysFile = keysFile
        self.keys = keys
    }
}

/// `store:` where the line lives.
package struct StoreConfiguration: Hashable, Sendable {
    package enum Kind: String, Hashable, Sendable, CaseIterable {
        case memory, dragonfly
    }

    package var kind: Kind
    /// Of the dragonfly store.
    package var address: StoreAddress?
    /// Certificates (PEM) that sign that of a `rediss://` store; nil: those that the system trusts.
    package var caFile: String?
    /// The folder of the journal and of events on their way; relative paths are relative to the working directory.
    package var dataDirectory: String

    package init(
        kind: Kind = .memory, address: StoreAddress? = nil, caFile: String? = nil, dataDirectory: String = "var"
    ) {
        self.kind = kind
        self.address = address
        self.caFile = caFile
        self.dataDirectory = dataDirectory
    }
}

/// `events:` where every change is told.
package struct EventsConfiguration: Hashable, Sendable {
    /// Nil: nowhere.
    package var nats: NATSAddress?

    package init(nats: NATSAddress? = nil) {
        self.nats = nats
    }
}

package struct LogConfiguration: Hashable, Sendable {
    /// trace, debug, info, notice, warning, error or critical.
    package var level: String
    package var format: LogFormat

    package init(level: String = "info", format: LogFormat = .text) {
        self.level = level
        self.format = format
    }
}

/// How the process's log is written.
package enum LogFormat: String, Hashable, Sendable, CaseIterable {
    /// Lines for people.
    case text
    /// A JSON object a line, after OpenTelemetry's data model for logs.
    case json
}

/// `passthrough:` hosts that have no room.
package struct PassthroughConfiguration: Hashable, Sendable {
    package var hosts: [HostPattern]
    package var target: TargetConfiguration
    package var preserveHost: Bool

    package init(hosts: [HostPattern], target: TargetConfiguration, preserveHost: Bool = true) {
        self.hosts = hosts
        self.target = target
        self.preserveHost = preserveHost
    }
}
