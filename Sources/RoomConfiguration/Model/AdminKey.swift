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

    /// Of a key, in characters.
    package static let lengths = 32...512

    package init(name: OperatorName, role: AdminRole, key: String) {
        self.name = name
        self.role = role
        self.key = key
    }

    /// Whether a text may be a key: letters, digits, underscores and hyphens in ASCII, as many as `lengths` says.
    package static func isKey(_ text: some StringProtocol) -> Bool {
        lengths.contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }

    package var description: String { "\(name) \(role.rawValue)" }
    package var customMirror: Mirror { Mirror(self, children: ["name": name, "role": role]) }
}
