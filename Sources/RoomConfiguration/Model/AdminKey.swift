package import WaitingRoom

/// What somebody with a key may do.
package enum AdminRole: String, Hashable, Sendable, CaseIterable {
    /// Reads.
    case viewer
    /// Reads and changes.
    case `operator`
}

/// One line of `admin.keys_file`. It never shows the key.
package struct AdminKey: Hashable, Sendable, CustomStringConvertible, CustomReflectable {
    package var name: OperatorName
    package var role: AdminRole
    package var key: String

    package init(name: OperatorName, role: AdminRole, key: String) {
        self.name = name
        self.role = role
        self.key = key
    }

    package var description: String { "\(name) \(role.rawValue)" }
    package var customMirror: Mirror { Mirror(self, children: ["name": name, "role": role]) }
}
