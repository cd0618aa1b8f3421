package import RoomConfiguration

/// An origin and how its health is judged: what is the same here is one and the same server to a gate, whichever rooms
/// send their requests there.
package struct Endpoint: Hashable, Sendable {
    /// Without a path.
    package var origin: Origin
    /// Of an https origin.
    package var tls: OriginSecurity?
    package var health: HealthConfiguration

    /// As logs and metrics call it.
    package var name: String { "\(origin.host.contains(":") ? "[\(origin.host)]" : origin.host):\(origin.port)" }
}

/// Where the requests of a room or a passthrough go.
final class UpstreamTarget: Sendable {
    /// At least one.
    let endpoints: ContiguousArray<UpstreamEndpoint>
    let isSticky: Bool
    /// A request's head is the same for all endpoints.
    let sharesHead: Bool

    init(_ target: TargetConfiguration, preserveHost: Bool, tls: TLSContexts) {
        endpoints = ContiguousArray(
            target.origins.map { UpstreamEndpoint($0, health: target.health, preserveHost: preserveHost, tls: tls) })
        isSticky = target.balance == .sticky && endpoints.count > 1
        sharesHead = preserveHost && Set(endpoints.map(\.pathPrefix)).count == 1
    }
}

/// One origin of a target, and what of a request's head changes for it.
final class UpstreamEndpoint: Sendable {
    let endpoint: Endpoint
    /// Put before the path.
    let pathPrefix: [UInt8]
    /// The `Host` value to send in place of the visitor's.
    let host: [UInt8]?
    /// The origin's own name, for a request that has no `Host`.
    let authority: [UInt8]

    init(_ origin: Origin, health: HealthConfiguration, preserveHost: Bool, tls: TLSContexts) {
        endpoint = Endpoint(origin: origin.server, tls: origin.tls.flatMap(tls.origin), health: health)
        pathPrefix = Array(origin.pathPrefix.utf8)
        authority = Array(origin.authority.utf8)
        host = preserveHost ? nil : authority
    }
}
