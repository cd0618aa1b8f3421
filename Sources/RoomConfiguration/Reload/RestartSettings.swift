extension Configuration {
    /// The key paths of settings that differ from `running` and that a running gate cannot take over.
    package func changesThatNeedRestart(from running: Configuration) -> [String] {
        let settings: [(key: String, isSame: Bool)] = [
            ("gate.listen", gate.listen == running.gate.listen),
            ("gate.workers", gate.workers == running.gate.workers),
            ("admin.listen", admin.listen == running.admin.listen),
            ("store.kind", store.kind == running.store.kind), ("store.url", store.address == running.store.address),
            ("store.ca_file", store.caFile == running.store.caFile),
            ("store.data_directory", store.dataDirectory == running.store.dataDirectory),
            ("events.nats_url", events.nats == running.events.nats),
            ("tokens.algorithm", tokens.algorithm == running.tokens.algorithm),
            ("tokens.key_file", tokens.keyFile == running.tokens.keyFile),
            ("log.format", log.format == running.log.format),
        ]
        return settings.filter { !$0.isSame }.map(\.key)
    }
}
