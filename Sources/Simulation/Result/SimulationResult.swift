package import WaitingRoom

/// What came of a simulation. Times count from the beginning of the curve.
package struct SimulationResult: Hashable, Sendable {
    package let settings: RoomSettings
    let start: Timestamp

    // Every visitor is in exactly one of these.
    package internal(set) var completed = 0
    /// Sessions that ended by `session_timeout`.
    package internal(set) var timedOut = 0
    /// Admissions that nobody claimed.
    package internal(set) var missedTurn = 0
    /// Left the line with a word.
    package internal(set) var left = 0
    /// Removed from the line after `heartbeat_timeout`.
    package internal(set) var silent = 0
    /// Found the line full.
    package internal(set) var foundFull = 0
    /// Found the room closed, or not open yet.
    package internal(set) var foundClosed = 0
    /// In line when the simulation was cut off.
    package internal(set) var stillWaiting = 0
    /// Held a slot when it was cut off.
    package internal(set) var stillInside = 0

    package internal(set) var visitors = 0
    /// Without waiting.
    package internal(set) var admittedAtOnce = 0
    /// Of all who were let in, at once or from the line.
    package internal(set) var waits = WaitCounts()
    package internal(set) var peakWaiting = 0
    package internal(set) var peakWaitingAt = Milliseconds(0)
    /// When the line first formed; nil if it never did.
    package internal(set) var lineFormedAt: Milliseconds?
    /// When the last who waited was gone; nil if nobody ever waited, or somebody still did at the end.
    package internal(set) var lineEmptyAt: Milliseconds?
    package internal(set) var peakSlots = 0
    /// Steps after which somebody waited on, for want of a free slot and for the rate.
    package internal(set) var stepsHeldBySlots = 0
    package internal(set) var stepsHeldByRate = 0
    /// When the last session had ended.
    package internal(set) var end = Milliseconds(0)
    package internal(set) var trace: Trace

    /// Steps that began with somebody in line, what was admitted in them, and the slots that were in use after them.
    private var lineSteps = 0
    private var lineAdmitted = 0
    private var lineSlots = 0
    private var stands = false

    init(settings: RoomSettings, start: Timestamp, interval: Milliseconds) {
        self.settings = settings
        self.start = start
        trace = Trace(interval: interval)
    }

    package var admitted: Int { waits.count }

    /// Per minute, while somebody waited; nil if nobody did.
    package var throughput: Double? {
        lineSteps > 0 ? Double(lineAdmitted) * 60_000 / Double(Int64(lineSteps) * trace.interval.count) : nil
    }

    /// On average while somebody waited; nil if nobody did.
    package var slotsWhileWaiting: Double? { lineSteps > 0 ? Double(lineSlots) / Double(lineSteps) : nil }

    enum Welcome {
        /// With how many in line.
        case waits(Int)
        case enters, findsFull, findsClosed
    }

    mutating func noteArrival(_ welcome: Welcome, at now: Timestamp) {
        visitors += 1
        trace.arrived += 1
        switch welcome {
        case .waits(let waiting):
            if !stands {
                stands = true
                if lineFormedAt == nil { lineFormedAt = now - start }
            }
            trace.note(waiting: waiting)
            guard waiting > peakWaiting else { return }
            peakWaiting = waiting
            peakWaitingAt = now - start
        case .enters:
            admittedAtOnce += 1
            trace.admitted += 1
        case .findsFull: foundFull += 1
        case .findsClosed: foundClosed += 1
        }
    }

    mutating func noteLeft(at now: Timestamp) {
        left += 1
        trace.gone += 1
    }

    mutating func noteSilent(_ count: Int, at now: Timestamp) {
        silent += count
        trace.gone += count
    }

    mutating func noteStep(_ room: Room, admitted: [Milliseconds], at now: Timestamp) {
        let slots = room.admitted + room.activeSessions
        peakSlots = max(peakSlots, slots)
        trace.note(waiting: room.waiting, slots: slots, waits: admitted)
        guard stands else { return }
        lineSteps += 1
        lineAdmitted += admitted.count
        lineSlots += slots
        if room.waiting == 0 {
            stands = false
            lineEmptyAt = now - start
        } else {
            lineEmptyAt = nil
            if slots >= room.settings.maxActiveUsers { stepsHeldBySlots += 1 } else { stepsHeldByRate += 1 }
        }
    }

    mutating func finish(_ room: Room, at now: Timestamp) {
        stillWaiting = room.waiting
        stillInside = room.admitted + room.activeSessions
        end = now - start
        trace.finish()
    }
}
