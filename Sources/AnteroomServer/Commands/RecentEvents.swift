import WaitingRoom

/// The latest events of a journal that is being read; a bounded number.
final class RecentEvents {
    private static let limit = 100_000
    private let isKept: Bool
    private(set) var events: [RoomEvent] = []

    init(isKept: Bool) { self.isKept = isKept }

    func append(_ event: RoomEvent) {
        guard isKept else { return }
        if events.count >= 2 * Self.limit { events.removeFirst(Self.limit) }
        events.append(event)
    }
}
