/// A room's time: the wall clock, made monotonic.
///
/// When the wall clock steps back, room time stands still for that moment and then runs at half speed until the wall
/// clock has caught up. So events are stamped in order, a limit per second holds by the stamps and by the wall, and a
/// line goes on moving while an hour's mistake is undone.
struct RoomClock: Hashable, Sendable {
    /// Never steps back.
    private(set) var now: Timestamp
    /// The reading that `now` accounts for; never ahead of `now`.
    private var wall: Timestamp

    /// - Parameter floor: room time already seen, which may be ahead of the wall clock.
    init(wall: Timestamp, floor: Timestamp) {
        self.wall = wall
        now = max(wall, floor)
    }

    mutating func observe(_ reading: Timestamp) {
        guard reading > wall else {
            wall = reading
            return
        }
        let elapsed = (reading - wall).count
        let ahead = (now - wall).count
        if ahead <= elapsed / 2 {
            now = reading
            wall = reading
        } else {
            // An odd millisecond waits for the next reading: else frequent readings would stop room time.
            let half = elapsed / 2
            now = now + Milliseconds(half)
            wall = wall + Milliseconds(2 * half)
        }
    }
}
