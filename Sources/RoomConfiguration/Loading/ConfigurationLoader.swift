import WaitingRoom

/// Reads a configuration file and the environment into a `Configuration`, or finds all that is wrong with them.
package struct ConfigurationLoader: Sendable {
    /// The longest file, in bytes.
    package static let sizeLimit = 1024 * 1024

    let files: FileAccess
    private let checkTemplate: @Sendable (String) -> String?
    private let pemChecks: PEMChecks

    /// - `checkTemplate`: What is wrong with a template's syntax; nil if nothing.
    /// - `pemChecks`: What is wrong with certificates and keys.
    package init(
        files: FileAccess = .system, checkTemplate: @escaping @Sendable (String) -> String? = { _ in nil },
        pemChecks: PEMChecks = PEMChecks()
    ) {
        self.files = files
        self.checkTemplate = checkTemplate
        self.pemChecks = pemChecks
    }

    /// - Parameters:
    ///   - path: The YAML file; problems repeat it as it is.
    ///   - environment: The variables of the process.
    package func load(
        path: String, environment: [String: String]
    ) throws(ConfigurationMistakes) -> Configuration {
        try attempt(path: path, environment: environment).result.get()
    }

    /// What a loading led to, and the files that decided it.
    struct Attempt {
        let result: Result<Configuration, ConfigurationMistakes>
        /// As they were before they were read, by path; nil where there was no file.
        let stamps: [String: FileStamp?]
    }

    func attempt(path: String, environment: [String: String]) -> Attempt {
        var stamps: [String: FileStamp?] = [path: files.stamp(path)]
        let bytes: [UInt8]
        do throws(FileProblem) {
            bytes = try files.read(path, Self.sizeLimit)
        } catch {
            return Attempt(result: .failure(ConfigurationMistakes(unreadable: path, error)), stamps: stamps)
        }
        let reading = Reading(file: path)
        let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
        let named = ConfiguredFiles(access: files, folder: folder) { name in
            stamps.updateValue(files.stamp(name), forKey: name)
        }
        let configuration = read(bytes, into: reading, environment: environment, named: named)
        let mistakes = ConfigurationMistakes(problems: configuration.problems)
        return Attempt(
            result: mistakes.problems.isEmpty ? .success(configuration.value) : .failure(mistakes), stamps: stamps)
    }

    private func read(
        _ bytes: [UInt8], into reading: Reading, environment: [String: String], named: ConfiguredFiles
    ) -> (value: Configuration, problems: [ConfigurationProblem]) {
        var configuration = Configuration(rooms: [])
        let root = rootSection(of: bytes, for: reading)
        if let root {
            configuration.read(
                root, templates: TemplateReader(files: named, check: checkTemplate),
                pem: PEMReader(files: named, checks: pemChecks), secrets: SecretReader(files: named))
            configuration.readAdminKeys(root, AdminKeyReader(files: named), reading)
        }
        var overrides = EnvironmentOverrides(environment)
        overrides.apply(to: &configuration)
        if let root {
            configuration.checkListeners(root, &overrides)
            configuration.checkStore(root, overrides)
        }
        // Rules about several sections are checked last, but read best in the order of the file.
        let sorted = reading.problems.enumerated().sorted { first, second in
            (first.element.line ?? 0, first.offset) < (second.element.line ?? 0, second.offset)
        }
        return (configuration, sorted.map(\.element) + overrides.problems)
    }

    /// Nil after refusing the file.
    private func rootSection(of bytes: [UInt8], for reading: Reading) -> Section? {
        let root = YAMLDocument.root(of: bytes, for: reading)
        guard let root else {
            if reading.problems.isEmpty {
                let mistake = Mistake("the file is empty", "write at least rooms:, each with an id and a target_url")
                reading.refuse(mistake, at: .start, path: "")
            }
            return nil
        }
        return Section(
            ConfigurationValue(node: root, path: "", position: .start, reading: reading), as: .root)
    }
}

extension ConfigurationMistakes {
    init(unreadable path: String, _ problem: FileProblem) {
        let mistake = Mistake(problem, of: path, limit: ConfigurationLoader.sizeLimit)
        self.init(problems: [
            ConfigurationProblem(place: .file(path), keyPath: "", wrong: mistake.wrong, remedy: mistake.remedy)
        ])
    }
}

extension Configuration {
    fileprivate mutating func read(
        _ root: Section, templates: TemplateReader, pem: PEMReader, secrets: SecretReader
    ) {
        var binding = TokenBinding.userAgent
        if let section = root.section("gate", as: .gate) { gate = GateConfiguration(reading: section, pem: pem) }
        if let section = root.section("admin", as: .admin) { admin = AdminConfiguration(reading: section) }
        if let section = root.section("store", as: .store) { store = StoreConfiguration(reading: section) }
        if let section = root.section("events", as: .events) { events = EventsConfiguration(reading: section) }
        if let section = root.section("tokens", as: .tokens) {
            tokens = TokenConfiguration(reading: section, binding: &binding)
        }
        if let section = root.section("log", as: .log) { log = LogConfiguration(reading: section) }
        if let section = root.section("tracing", as: .tracing) { tracing = TracingConfiguration(reading: section) }
        if let section = root.section("api", as: .api) { api = APIConfiguration(reading: section) }
        var limits = RateLimits()
        if let section = root.section("rate_limits", as: .rateLimits) {
            limits = RateLimits(reading: section, defaults: limits)
        }
        let entries = root.sections("passthrough", as: .passthrough).compactMap { section in
            PassthroughConfiguration(reading: section, pem: pem).map { ($0, section) }
        }
        ConfigurationRules.check(passthrough: entries)
        passthrough = entries.map(\.0)
        let placed = root.sections("rooms", as: .room).compactMap { section in
            RoomRule(
                reading: section, binding: binding, limits: limits, templates: templates, pem: pem, secrets: secrets
            )
            .map { (rule: $0, section: section) }
        }
        ConfigurationRules.check(rooms: placed, in: gate)
        rooms = placed.map(\.rule)
        if root.areSound("rooms"), root.value("rooms")?.items?.isEmpty ?? true {
            root.refuse("rooms", Mistake("there are no rooms", "write at least one, with an id and a target_url"))
        }
    }

    fileprivate mutating func readAdminKeys(_ root: Section, _ reader: AdminKeyReader, _ reading: Reading) {
        guard root.areSound("admin.keys_file") else { return }
        admin.keys = reader.keys(at: admin.keysFile, reading)
    }

    /// A shared store has an address, by the file or by `DRAGONFLYDB_URL`, and the embedded one has none.
    fileprivate func checkStore(_ root: Section, _ overrides: EnvironmentOverrides) {
        guard root.areSound("store"), !overrides.isSet("DRAGONFLYDB_URL") else { return }
        if store.kind == .dragonfly, store.address == nil {
            root.refuse(
                "store",
                Mistake("the dragonfly store has no address", "write its url, or set DRAGONFLYDB_URL"))
        } else if store.kind == .memory, store.address != nil {
            root.refuse(
                "store", Mistake("the store in memory has no url", "write kind: dragonfly, or remove the url"))
        }
    }

    /// The gate's and the admin's listeners must not meet, whether by the file or by `PORT`.
    fileprivate func checkListeners(_ root: Section, _ overrides: inout EnvironmentOverrides) {
        guard root.areSound("gate", "admin") else { return }
        guard let address = gate.listen.map(\.address).first(where: { $0.collides(with: admin.listen) }) else { return }
        let mistake = Mistake(
            "gate.listen \(address) and admin.listen \(admin.listen) cannot both be listened on", "write another port")
        if overrides.isSet("PORT") {
            overrides.add("PORT", mistake)
        } else {
            root.refuse(root.contains("admin") ? "admin" : "gate", mistake)
        }
    }
}
