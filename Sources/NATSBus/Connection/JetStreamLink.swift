import RoomConfiguration
import Synchronization

/// The present connection to NATS. The library reconnects by itself, except that it gives up for good when a server takes
/// the very first connection and then says nothing: `renewIfClosed` begins another.
final class JetStreamLink: Sendable {
    private let address: NATSAddress
    private let name: String
    private let current: Mutex<JetStreamClient>

    /// Begins to connect; if the server is there but silent this takes two seconds.
    init(_ address: NATSAddress, name: String) throws(NATSError) {
        self.address = address
        self.name = name
        current = Mutex(try JetStreamClient(address, name: name))
    }

    var client: JetStreamClient { current.withLock { $0 } }

    /// Blocks as `init` does; for the threads that may.
    func renewIfClosed() throws(NATSError) {
        guard client.isClosed else { return }
        let fresh = try JetStreamClient(address, name: name)
        current.withLock { $0 = fresh }
    }
}
