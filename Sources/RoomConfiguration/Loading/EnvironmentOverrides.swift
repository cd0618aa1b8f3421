/// The environment variables that override the file. An empty one counts as not set.
struct EnvironmentOverrides {
    private let environment: [String: String]
    private(set) var problems: [ConfigurationProblem] = []

    init(_ environment: [String: String]) {
        self.environment = environment.filter { !$0.value.isEmpty }
    }

    /// Applies what is set and right to `configuration`, and keeps what is wrong as `problems`.
    mutating func apply(to configuration: inout Configuration) {
        if let port: Int = read("PORT", .integer(1...65_535)) {
            let service = configuration.gate.listen.first?.service
            var ported: [Listener] = []
            for listener in configuration.gate.listen {
                var changed = listener
                if listener.service == service { changed.address.port = port }
                // Two ports of one address have become the same.
                if !ported.contains(where: { $0.address.collides(with: changed.address) }) { ported.append(changed) }
            }
            configuration.gate.listen = ported
        }
        if let level: String = read("LOG_LEVEL", .logLevel) { configuration.log.level = level }
        if let salt = environment["IP_SALT"] { configuration.tokens.salt = salt }
        if let address: StoreAddress? = read("DRAGONFLYDB_URL", .storeAddress) {
            configuration.store.kind = .dragonfly
            configuration.store.address = address
        }
        if let address: NATSAddress? = read("NATS_URL", .natsAddress) { configuration.events.nats = address }
    }

    func isSet(_ variable: String) -> Bool { environment[variable] != nil }

    private mutating func read<Value>(_ variable: String, _ form: ScalarForm<Value>) -> Value? {
        guard let text = environment[variable] else { return nil }
        do throws(Mistake) {
            return try form.parse(text)
        } catch {
            add(variable, error)
            return nil
        }
    }

    mutating func add(_ variable: String, _ mistake: Mistake) {
        problems.append(
            ConfigurationProblem(
                place: .environment, keyPath: variable, wrong: mistake.wrong, remedy: mistake.remedy))
    }
}
