package import WaitingRoom

/// What a room asks of a request before anything else.
package enum RoomConduct: UInt8, Sendable {
    /// A session.
    case line
    /// Nothing: `queueing_method: passthrough` while the room is open.
    case passthrough
    /// To come back later: `status: maintenance`.
    case maintenance

    /// - Parameter time: by the store's clock.
    package init(_ settings: RoomSettings, at time: Timestamp) {
        if settings.status == .maintenance {
            self = .maintenance
        } else {
            self = settings.queueingMethod == .passthrough && settings.phase(at: time) == .open ? .passthrough : .line
        }
    }
}
