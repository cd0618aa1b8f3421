import WaitingRoom

/// The virtual time of a simulation: the room's steps at their fixed intervals as a gate takes them (`LineWorker`), and
/// between them, in order, what visitors do.
struct SimulationRun {
    private let simulation: Simulation
    private let observe: ((RoomEvent) -> Void)?
    private let interval: Milliseconds
    /// Signs of life of those who never fall silent are taken as given until then.
    private let horizon: Timestamp

    private var room: Room
    private var generator: SplitMix
    private var arrivals: ArrivalTimes
    private var nextArrival: Timestamp?
    private var arrived: UInt32 = 0
    private var agenda: Agenda
    private var events: [RoomEvent] = []
    private var result: SimulationResult

    init(_ simulation: Simulation, _ observe: ((RoomEvent) -> Void)?) {
        self.simulation = simulation
        self.observe = observe
        let start = simulation.start
        interval = Milliseconds(max(50, simulation.schedule.base.admissionInterval.count))
        horizon = start + simulation.arrivals.length + simulation.patience
        room = Room(opening: simulation.schedule.settings(at: start), at: start, emitting: &events)
        generator = SplitMix(state: simulation.seed)
        arrivals = ArrivalTimes(simulation.arrivals, seed: generator.next())
        agenda = Agenda(from: start)
        result = SimulationResult(settings: room.settings, start: start, interval: interval)
        nextArrival = arrivals.next().map { start + Milliseconds($0) }
        tell()
    }

    mutating func finish() -> SimulationResult {
        var step = simulation.start
        var cleaning = step
        while step <= horizon {
            act(through: step)
            if cleaning <= step {
                cleaning = cleaning + Simulation.cleaningInterval
                clean(at: step)
            }
            admit(at: step)
            if isOver { break }
            step = step + interval
        }
        result.finish(room, at: min(step, horizon))
        return result
    }

    /// What may be left on the agenda concerns nobody any more.
    private var isOver: Bool {
        nextArrival == nil && room.waiting == 0 && room.admitted + room.activeSessions == 0
    }

    /// What visitors do until `step`: those who are known already before those who come in the same millisecond.
    private mutating func act(through step: Timestamp) {
        while true {
            let arrival = nextArrival.flatMap { $0 <= step ? $0 : nil }
            if let due = agenda.due(through: min(arrival ?? step, step)) {
                let (act, number) = agenda.take()
                perform(act, Visitor(number, seed: simulation.seed), at: due)
            } else if let arrival {
                arrive(at: arrival)
            } else {
                return
            }
            tell()
        }
    }

    private mutating func arrive(at now: Timestamp) {
        let visitor = Visitor(arrived, seed: simulation.seed)
        arrived += 1
        nextArrival = arrivals.next().map { simulation.start + Milliseconds($0) }
        let id = visitor.position
        switch room.arrive(JoinRequest(id: id), at: now, using: &generator, emitting: &events) {
        case .waiting(let place):
            var heard = horizon
            switch visitor.farewell(simulation.behaviour) {
            case (.leaves, let patience)?:
                agenda.note(.leave, of: visitor.number, at: now + patience)
            case (.fallsSilent, let patience)?:
                let beat = max(1, room.settings.heartbeatInterval.count)
                heard = now + Milliseconds(patience.count / beat * beat)
            case nil: break
            }
            room.expectSigns(of: id, until: heard)
            result.noteArrival(.waits(place.totalWaiting), at: now)
        case .admitted:
            result.noteArrival(.enters, at: now)
            result.waits.add(Milliseconds(0))
            agenda.note(.claim, of: visitor.number, at: now + simulation.behaviour.claimDelay)
        case .full, .crowded:
            result.noteArrival(.findsFull, at: now)
        case .closed, .ended, .taken, .refused:
            result.noteArrival(.findsClosed, at: now)
        }
    }

    private mutating func perform(_ act: Agenda.Act, _ visitor: Visitor, at now: Timestamp) {
        switch act {
        case .leave:
            let id = visitor.position
            // Who was let in before stays.
            guard room.place(of: id)?.position.status == .waiting else { return }
            _ = room.leave(id, at: now, emitting: &events)
            result.noteLeft(at: now)
        case .claim:
            let id = visitor.position
            let starts = room.record(
                SessionID(of: id), of: id, pageViews: 1, client: nil, at: now, emitting: &events)
            guard starts else { return }
            let stay = visitor.stay(simulation.behaviour)
            let end = now + stay.length
            if !stay.completes || stay.length >= room.settings.sessionTimeout { room.expectSigns(of: id, until: end) }
            if stay.completes { agenda.note(.finish, of: visitor.number, at: end) }
        case .finish:
            if room.end(visitor.session, as: .completed, at: now, emitting: &events) { result.completed += 1 }
        }
    }

    private mutating func clean(at now: Timestamp) {
        let counts = room.clean(at: now, emitting: &events)
        result.noteSilent(counts.positionsExpired, at: now)
        result.missedTurn += counts.admissionsExpired
        result.timedOut += counts.sessionsExpired
        tell()
    }

    private mutating func admit(at now: Timestamp) {
        room.advance(at: now, using: &generator, emitting: &events)
        let settings = simulation.schedule.settings(at: now)
        let before = events.count
        let waits = room.admit(at: now, emitting: &events)
        for (index, wait) in waits.enumerated() {
            guard case .positionAdmitted(let id, _) = events[before + index].change else { continue }
            result.waits.add(wait)
            let visitor = Visitor(of: id, seed: simulation.seed)
            if case (.fallsSilent, let patience)? = visitor.farewell(simulation.behaviour), patience < wait { continue }
            agenda.note(.claim, of: visitor.number, at: now + simulation.behaviour.claimDelay)
        }
        result.noteStep(room, admitted: waits, at: now)
        room.update(settings, at: now, emitting: &events)
        tell()
    }

    /// Tells of the events, if anybody listens, and drops them: many at once, for each time costs.
    private mutating func tell() {
        if let observe { events.forEach(observe) } else if events.count < 64 { return }
        events.removeAll(keepingCapacity: true)
    }
}
