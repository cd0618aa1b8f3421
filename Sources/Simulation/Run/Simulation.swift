package import WaitingRoom

/// A room, the visitors who come to it, and what they do there.
package struct Simulation: Sendable {
    /// How often the gate looks for silent positions and idle sessions.
    static let cleaningInterval = Milliseconds.seconds(5)

    package var schedule: RoomSchedule
    package var arrivals: ArrivalCurve
    package var behaviour: VisitorBehaviour
    /// Equal seeds give equal results.
    package var seed: UInt64 = 1
    /// When the curve begins: of meaning only where the room has a schedule.
    package var start: Timestamp
    /// For so long after the last arrival the room is followed at most: a line that does not move has no end.
    package var patience = Milliseconds.minutes(48 * 60)

    /// - Parameter start: nil is the beginning of the room's first pre-queue or opening, if it has one.
    package init(
        _ schedule: RoomSchedule, arrivals: ArrivalCurve, behaviour: VisitorBehaviour, start: Timestamp? = nil
    ) {
        self.schedule = schedule
        self.arrivals = arrivals
        self.behaviour = behaviour
        // The first second of 2000: any will do.
        self.start = start ?? schedule.base.opening?.preQueueAt ?? Timestamp(milliseconds: 946_684_800_000)
    }

    /// Runs from the first arrival until the last session has ended. O(visitors · log line).
    /// - Parameter observe: told of each event of the room, in order.
    package func run(observing observe: ((RoomEvent) -> Void)? = nil) -> SimulationResult {
        var run = SimulationRun(self, observe)
        return run.finish()
    }
}
