internal import Yams

/// The keys of one section and their values. Unknown keys are refused as it is made.
struct Section {
    let path: String
    let position: Position
    private let values: [String: ConfigurationValue]
    private let reading: Reading

    /// Nil after refusing what is not a section.
    init?(_ value: ConfigurationValue, as name: SectionName) {
        guard value.isUntagged else { return nil }
        path = value.path
        position = value.position
        reading = value.reading
        guard !value.isNull else {
            values = [:]
            return
        }
        guard value.node.mapping != nil else {
            value.refuse(Mistake("is \(value.kind), not a section", "write keys, such as \(name.example)"))
            return nil
        }
        var collected: [String: ConfigurationValue] = [:]
        value.collect(into: &collected, as: name)
        values = collected
    }

    /// The value of `key`, if it is written.
    func value(_ key: String) -> ConfigurationValue? { values[key] }

    func contains(_ key: String) -> Bool { values[key] != nil }

    /// Whether `key` has a value that is not null.
    func isWritten(_ key: String) -> Bool { values[key].map { !$0.isNull } ?? false }

    /// Sets `target` to the value of `key`, if it is written and right.
    func read<Value>(_ key: String, into target: inout Value, _ form: ScalarForm<Value>) {
        if let value = values[key]?.scalar(form) { target = value }
    }

    /// The value of `key`; nil if it is not written, null or wrong.
    func readOptional<Value>(_ key: String, _ form: ScalarForm<Value>) -> Value? {
        guard let value = values[key], !value.isNull else { return nil }
        return value.scalar(form)
    }

    /// The value of a key that has no default; nil after refusing its absence or its value.
    func require<Value>(_ key: String, _ form: ScalarForm<Value>, remedy: String) -> Value? {
        guard let value = values[key], !value.isNull else {
            refuse(key, Mistake("is missing", remedy))
            return nil
        }
        return value.scalar(form)
    }

    /// Sets `target` to the list at `key`, if it is written and all of it is right.
    func readList<Value>(_ key: String, into target: inout [Value], _ form: ScalarForm<Value>) {
        guard let items = values[key]?.items else { return }
        let read = items.compactMap { $0.scalar(form) }
        if read.count == items.count { target = read }
    }

    /// The section at `key`; nil if it is not written or not a section.
    func section(_ key: String, as name: SectionName) -> Section? {
        values[key].flatMap { Section($0, as: name) }
    }

    /// The sections in the list at `key`.
    func sections(_ key: String, as name: SectionName) -> [Section] {
        (values[key]?.items ?? []).compactMap { Section($0, as: name) }
    }

    /// Refuses the value of `key`, or the section where the key is not written.
    func refuse(_ key: String, _ mistake: Mistake) {
        let keyPath = path.isEmpty ? key : "\(path).\(key)"
        reading.refuse(mistake, at: values[key]?.position ?? position, path: keyPath)
    }

    /// Whether nothing is wrong with the values of these keys, so that rules about them mean something.
    func areSound(_ keys: String...) -> Bool {
        keys.allSatisfy { !reading.isWrong(path.isEmpty ? $0 : "\(path).\($0)") }
    }
}

extension ConfigurationValue {
    /// Adds the known keys of this mapping, then those of what it merges (`<<`) where they are not written.
    fileprivate func collect(into values: inout [String: ConfigurationValue], as name: SectionName) {
        guard let mapping = node.mapping else { return }
        var merged: [ConfigurationValue] = []
        for pair in mapping {
            let place = pair.key.mark.map(Position.init) ?? position
            guard reading.admitsValue(at: place, path: path) else { return }
            guard let key = pair.key.scalar?.string else {
                let mistake = Mistake("a key is not plain text", "write keys such as \(name.example)")
                reading.refuse(mistake, at: place, path: path)
                continue
            }
            let keyPath = path.isEmpty ? key.keyPathPart : "\(path).\(key.keyPathPart)"
            let value = ConfigurationValue(node: pair.value, path: keyPath, position: place, reading: reading)
            if key == "<<" {
                merged.append(value)
            } else if !name.keys.contains(key) {
                value.refuse(name.mistake(forUnknownKey: key))
            } else if values[key] == nil {
                values[key] = value
            }
        }
        for value in merged { value.merge(into: &values, as: name, path: path) }
    }

    private func merge(into values: inout [String: ConfigurationValue], as name: SectionName, path: String) {
        let sources = node.sequence.map { Array($0) } ?? [node]
        for source in sources {
            guard source.mapping != nil else {
                refuse(Mistake("merges something that is not a section", "write an alias of a section, such as *name"))
                return
            }
            ConfigurationValue(node: source, path: path, position: position, reading: reading)
                .collect(into: &values, as: name)
        }
    }
}
