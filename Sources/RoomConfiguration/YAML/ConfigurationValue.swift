internal import Yams

/// One value of the file and where it stands.
struct ConfigurationValue {
    let node: Node
    /// Such as `rooms[0].queue_rate`; empty for the whole file.
    let path: String
    /// Of its key, or of itself in a list.
    let position: Position
    let reading: Reading

    func refuse(_ mistake: Mistake) {
        reading.refuse(mistake, at: position, path: path)
    }

    /// True for `null`, `~` and nothing at all, unquoted.
    var isNull: Bool {
        guard let scalar = node.scalar, scalar.style == .plain || scalar.style == .any else { return false }
        return ["", "~", "null", "Null", "NULL"].contains(scalar.string)
    }

    /// True for one value, null included.
    var isScalar: Bool { node.scalar != nil }

    /// The scalar read by `form`; nil after refusing it.
    func scalar<Value>(_ form: ScalarForm<Value>) -> Value? {
        guard isUntagged else { return nil }
        guard let text = node.scalar?.string else {
            refuse(Mistake("is \(kind), not one value", "write one value behind the colon"))
            return nil
        }
        guard !isNull else {
            refuse(Mistake("has no value", "write one, or remove the line for the default"))
            return nil
        }
        do throws(Mistake) {
            return try form.parse(text)
        } catch {
            refuse(error)
            return nil
        }
    }

    /// The items of a list; null is an empty list. Nil after refusing it.
    var items: [ConfigurationValue]? {
        guard isUntagged else { return nil }
        if isNull { return [] }
        guard let sequence = node.sequence else {
            refuse(Mistake("is \(kind), not a list", "write a list, such as [a, b], or lines that begin with \"- \""))
            return nil
        }
        var items: [ConfigurationValue] = []
        for (index, item) in sequence.enumerated() {
            let path = "\(path)[\(index)]"
            let position = item.mark.map(Position.init) ?? position
            guard reading.admitsValue(at: position, path: path) else { return nil }
            items.append(ConfigurationValue(node: item, path: path, position: position, reading: reading))
        }
        return items
    }

    /// Tags such as `!secret` promise something that is not done here.
    var isUntagged: Bool {
        let tag = node.explicitTag
        guard let tag else { return true }
        refuse(Mistake("has the tag \(tag.quoted)", "write the value without a tag"))
        return false
    }

    /// In words, for messages.
    var kind: String {
        switch node {
        case .scalar(let scalar): isNull ? "empty" : scalar.string.quoted
        case .mapping: "a section"
        case .sequence: "a list"
        case .alias: "an alias"
        }
    }
}

extension Node {
    /// The tag as written; nil without one, and for `!`, which says no more than quotes do.
    fileprivate var explicitTag: String? {
        let tag =
            switch self {
            case .scalar(let scalar): scalar.tag
            case .mapping(let mapping): mapping.tag
            case .sequence(let sequence): sequence.tag
            case .alias(let alias): alias.tag
            }
        // Composing has resolved the tags of keys, hashed there, to the plain ones.
        let plain = [Tag.Name.implicit, .nonSpecific, .str, .map, .seq].map(\.rawValue)
        return plain.contains(tag.rawValue) ? nil : tag.rawValue
    }
}
