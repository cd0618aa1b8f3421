import QueueStore
import RoomConfiguration
import WaitingRoom

/// Where a room stands in its schedule, as visitors are told.
struct RoomTimes: Hashable, Sendable {
    var phase: RoomPhase
    var method: QueueingMethod
    var opening: Opening?
    var closesAt: Timestamp?
    var draw: PublishedDraw?
    /// By the store's clock.
    var now: Timestamp

    init(_ settings: RoomSettings, draw: PublishedDraw? = nil, at now: Timestamp) {
        phase = settings.phase(at: now)
        method = settings.queueingMethod
        opening = settings.opening
        closesAt = settings.closesAt
        self.draw = draw
        self.now = now
    }

    /// Whole seconds, rounded up; nil once the room has opened.
    var opensIn: Int? {
        switch phase {
        case .scheduled, .preQueue: opening.map { Self.seconds(from: now, to: $0.opensAt) }
        case .open, .closed: nil
        }
    }

    /// Nobody's turn comes any more, or everybody's at once.
    var isWithoutLine: Bool { phase == .closed || phase == .open && method == .passthrough }

    /// Until somebody can wait; nil once somebody can.
    var preQueueIn: Int? {
        phase == .scheduled ? opening.map { Self.seconds(from: now, to: $0.preQueueAt) } : nil
    }

    private static func seconds(from now: Timestamp, to time: Timestamp) -> Int {
        Int(max(0, (time - now).count + 999) / 1000)
    }
}

extension RoomMonitor.Snapshot {
    /// The schedule now, by what the store's clock must show.
    func times(at gateTime: Timestamp) -> RoomTimes {
        RoomTimes(
            facts.settings, draw: facts.draw, at: facts.time + max(Milliseconds(0), gateTime - takenAt))
    }
}

extension JSONText {
    /// `room_phase` and, of a room that opens or closes, when.
    mutating func members(of times: RoomTimes) {
        member("room_phase", times.phase.rawValue)
        if times.method != .fifo { member("queueing_method", times.method.rawValue) }
        if let opening = times.opening {
            if opening.preQueueAt < opening.opensAt { member("pre_queue_at", opening.preQueueAt) }
            member("opens_at", opening.opensAt)
        }
        if let opensIn = times.opensIn { member("opens_in_seconds", opensIn) }
        if let closesAt = times.closesAt { member("closes_at", closesAt) }
        if let draw = times.draw {
            member("draw_commitment", "\(draw.commitment)")
            if let seed = draw.seed { member("draw_seed", seed.hex) }
        }
    }
}
