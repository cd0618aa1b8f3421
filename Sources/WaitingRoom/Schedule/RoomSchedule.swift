/// A room's settings as a function of time: its own, and those of the event that is on.
package struct RoomSchedule: Hashable, Sendable {
    /// Of `queueing_method: random` where no `shuffle_window` is set.
    package static let randomWindow = Milliseconds.seconds(10)

    package var base: RoomSettings
    /// No two of them are on at the same time.
    package var events: [ScheduledEvent]

    package init(_ base: RoomSettings, events: [ScheduledEvent] = []) {
        self.base = base
        self.events = events
    }

    package var id: RoomID { base.id }

    /// The settings that hold at `time`, by the store's clock. They say by themselves when the room opens and closes, so
    /// they change only where an event begins or ends. An event's settings hold from its pre-queue on, in which nobody is
    /// admitted. O(events).
    package func settings(at time: Timestamp) -> RoomSettings {
        var settings = base
        for event in events {
            guard let occurrence = event.occurrence(at: time) else { continue }
            event.overrides.apply(to: &settings)
            if event.preQueue.count > 0 { settings.opening = occurrence.opening }
            break
        }
        if settings.queueingMethod == .random, settings.shuffleWindow.count <= 0 {
            settings.shuffleWindow = Self.randomWindow
        }
        return settings
    }
}
