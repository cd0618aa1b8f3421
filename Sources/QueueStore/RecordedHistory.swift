package import WaitingRoom

/// A room's events from the first on, wherever they were recorded, for somebody who rebuilds the room from them.
package protocol RecordedHistory: Sendable {
    /// The next events, in order; some may come twice. Nil at the end.
    func next() async throws -> [RoomEvent]?

    /// Says in the record that the room goes on from what was read, in a store of the given generation: from then on the
    /// record takes events from no other.
    /// - Returns: false if events have been recorded meanwhile; `next` gives them, and then this is to be called again.
    func seal(_ restored: RestoredRoom) async throws -> Bool
}

/// A room that was rebuilt from its events.
package struct RestoredRoom: Hashable, Sendable {
    package var room: RoomID
    /// When the history began.
    package var opened: Timestamp
    /// Drawn for each restoration.
    package var generation: String
    package var events: Int
    package var waiting: Int
    /// Admitted, not started.
    package var admitted: Int
    package var activeSessions: Int
    package var lastSequence: UInt64
    /// When it was done, by the store's clock.
    package var time: Timestamp

    package init(
        room: RoomID, opened: Timestamp, generation: String, events: Int, waiting: Int, admitted: Int,
        activeSessions: Int, lastSequence: UInt64, time: Timestamp
    ) {
        self.room = room
        self.opened = opened
        self.generation = generation
        self.events = events
        self.waiting = waiting
        self.admitted = admitted
        self.activeSessions = activeSessions
        self.lastSequence = lastSequence
        self.time = time
    }
}
