package import RoomConfiguration
import SessionTokens
import Synchronization
package import WaitingRoom

/// Who calls: the name and the role of the key that came along.
package struct AdminCaller: Hashable, Sendable {
    package let name: OperatorName
    package let role: AdminRole
    /// Of the key, so that a key of the same name that was replaced is another.
    fileprivate let digest: [UInt8]
}

/// The keys in force, by their digests.
package final class AdminKeyTable: Sendable {
    /// The longest key that is looked at, in bytes.
    private static let longest = 512

    private let callers: Mutex<[AdminCaller]>

    package init(_ keys: [AdminKey]) { callers = Mutex(Self.callers(keys)) }

    package func apply(_ keys: [AdminKey]) {
        let new = Self.callers(keys)
        callers.withLock { $0 = new }
    }

    /// Whose key this is; nil if nobody's. What is compared are digests, and all of them to the end, so that the time it
    /// takes says nothing of how near a guess is. O(keys).
    package func caller(presenting key: [UInt8]) -> AdminCaller? {
        guard key.count <= Self.longest, let digest = try? SHA256.digest(of: key) else { return nil }
        var found: AdminCaller?
        for caller in callers.withLock({ $0 }) where Self.areSame(caller.digest, digest) { found = caller }
        return found
    }

    /// Whether the key still is what it was when the caller came.
    func holds(_ caller: AdminCaller) -> Bool { callers.withLock { $0 }.contains(caller) }

    private static func callers(_ keys: [AdminKey]) -> [AdminCaller] {
        keys.compactMap { key in
            // Without a digest nobody can present the key.
            (try? SHA256.digest(of: Array(key.key.utf8))).map {
                AdminCaller(name: key.name, role: key.role, digest: $0)
            }
        }
    }

    private static func areSame(_ a: [UInt8], _ b: [UInt8]) -> Bool {
        a.count == b.count && zip(a, b).reduce(into: UInt8(0)) { $0 |= $1.0 ^ $1.1 } == 0
    }
}
