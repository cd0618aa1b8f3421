import HTTPWire
package import RoomConfiguration
import Synchronization
package import WaitingRoom

/// A room with what the data path needs of it as bytes.
package final class CompiledRoom: Sendable {
    package let rule: RoomRule
    /// Index in the metrics' label table.
    package let label: Int
    let idBytes: [UInt8]
    /// Where the room's API lies.
    let apiPath: [UInt8]
    let upstream: UpstreamTarget
    /// Its rate follows how the origin answers.
    let isAdaptive: Bool
    /// Changes where an event begins or ends, and at the opening.
    private let currentConduct: Atomic<UInt8>

    init(_ rule: RoomRule, label: Int, tls: TLSContexts, at now: Timestamp) {
        self.rule = rule
        self.label = label
        idBytes = Array(rule.settings.id.text.utf8)
        apiPath = Array("/api/v1/queues/\(rule.settings.id.text)".utf8)
        upstream = UpstreamTarget(rule.target, preserveHost: rule.preserveHost, tls: tls)
        isAdaptive = rule.adaptive != nil
        currentConduct = Atomic(RoomConduct(rule.schedule.settings(at: now), at: now).rawValue)
    }

    var conduct: RoomConduct { RoomConduct(rawValue: currentConduct.load(ordering: .relaxed)) ?? .line }

    package func adopt(_ conduct: RoomConduct) { currentConduct.store(conduct.rawValue, ordering: .relaxed) }

    package var id: RoomID { rule.settings.id }

    /// Whether a bypass rule opens the door. A path opens it only where no origin could see other segments in it, and
    /// where both readings are meant.
    func isBypassed(
        path: UnsafeRawBufferPointer, loose: [UInt8]?, isSplitInDoubt: Bool, address: IPAddress?
    ) -> Bool {
        if let address, rule.bypass.addresses.contains(where: { $0.contains(address) }) { return true }
        guard !rule.bypass.paths.isEmpty, !isSplitInDoubt else { return false }
        let pathSpan = unsafe Span<UInt8>(_unsafeBytes: path)
        guard rule.bypass.paths.contains(where: { $0.matches(pathSpan) }) else { return false }
        guard let loose else { return true }
        return rule.bypass.paths.contains { $0.matches(loose.span) }
    }

    /// Whether a request field is one of the secrets that open the door. Compares in time that does not depend on where
    /// the values differ.
    func isBypassed(_ bytes: UnsafeRawBufferPointer, fields: ContiguousArray<HeadField>) -> Bool {
        for secret in rule.bypass.headers {
            for field in fields where Int(field.nameLength) == secret.name.utf8.count {
                let name = unsafe bytes[field.nameRange].lazy.map(Self.lowercased)
                guard unsafe name.elementsEqual(secret.name.utf8), field.value.count == secret.value.utf8.count else {
                    continue
                }
                let pairs = unsafe zip(bytes[field.value], secret.value.utf8)
                let difference = unsafe pairs.reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) }
                if difference == 0 { return true }
            }
        }
        return false
    }

    /// Whether an answer with this status to a request for this path completes its session.
    func isCompletion(path: UnsafeRawBufferPointer, status: Int) -> Bool {
        let pathSpan = unsafe Span<UInt8>(_unsafeBytes: path)
        return rule.completion.contains { rule in
            let statusMatches = rule.statuses.isEmpty ? (200..<300).contains(status) : rule.statuses.contains(status)
            return statusMatches && rule.path.matches(pathSpan)
        }
    }

    private static func lowercased(_ byte: UInt8) -> UInt8 {
        byte &- UInt8(ascii: "A") < 26 ? byte | 0x20 : byte
    }
}

/// Hosts without a room whose requests are forwarded.
final class CompiledPassthrough: Sendable {
    let hosts: [HostPattern]
    let upstream: UpstreamTarget

    init(_ configuration: PassthroughConfiguration, tls: TLSContexts) {
        hosts = configuration.hosts
        upstream = UpstreamTarget(configuration.target, preserveHost: configuration.preserveHost, tls: tls)
    }
}
