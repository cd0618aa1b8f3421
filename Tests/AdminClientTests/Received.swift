import Synchronization

@testable import AdminClient

/// Events as they came.
final class Received: Sendable {
    private let events = Mutex<[ServerSentEvent]>([])

    var all: [ServerSentEvent] { events.withLock { $0 } }

    func append(_ event: ServerSentEvent) { events.withLock { $0.append(event) } }
}
