import WaitingRoom

/// What is known of one room after a part of its history.
struct RoomHistory: Sendable {
    /// For this long an ended position's id must not return.
    private static let memory = Milliseconds.minutes(10)

    private struct Standing {
        var status: PositionStatus
        var since: Timestamp
        var priority: Int
        var key: WaitingOrder.Key
        var address: AddressDigest?
    }

    private let room: RoomID
    private var sequence: UInt64 = 0
    private var time = Timestamp(milliseconds: .min)
    /// In force.
    private var settings: RoomSettings?
    private var configured: RoomSettings?
    private var overrides = RoomOverrides()
    /// What the last event left of a grant: so many admissions of the same moment may follow at once.
    private var granted: (count: Int, time: Timestamp)?
    private var shuffledSince = Timestamp(milliseconds: .min)
    /// When the draw began that goes on.
    private var drawnSince: Timestamp?
    private var joins: UInt64 = 0
    private var standings: [PositionID: Standing] = [:]
    private var sessions: [SessionID: PositionID] = [:]
    /// Whose admission ran out unclaimed, by the position with which they may come back: when, and of which priority.
    private var missedTurns: [PositionID: (time: Timestamp, priority: Int)] = [:]
    private var slotsInUse = 0
    private var waiting = 0
    /// How many wait, of those that count.
    private var addresses: [AddressDigest: Int] = [:]
    private var lines: [Int: WaitingOrder] = [:]
    private var rate = RateLimit()
    /// Uses so far of each pass.
    private var passes: [PassID: Int] = [:]
    /// Who joined with the last event, while nobody else waited.
    private var arrivedAlone: PositionID?

    init(room: RoomID) { self.room = room }

    func knows(_ position: PositionID) -> Bool { standings[position] != nil }

    mutating func observe(_ event: RoomEvent, _ violations: inout [Violation]) {
        func report(_ rule: Violation.Rule, _ message: String) {
            violations.append(Violation(rule: rule, room: event.room, sequence: event.sequence, message: message))
        }
        if event.sequence != sequence + 1 { report(.record, "follows event \(sequence)") }
        if event.time < time { report(.record, "is earlier than the event before it") }
        if settings == nil, !event.isSettings { report(.record, "comes before the room has settings") }
        sequence = event.sequence
        time = max(time, event.time)
        let alone = arrivedAlone
        arrivedAlone = nil
        let grant = granted
        granted = nil

        switch event.change {
        case .roomUpdated(let new):
            configured = new
            enforce()
        case .roomOverridden(let new, _):
            overrides = new
            enforce()
        case .admissionGranted(let count, _):
            if count < 1 { report(.record, "grants \(count) admissions") }
            granted = (count, event.time)
        case .positionEnqueued(let position, let shuffleKey): enqueue(position, shuffleKey, report)
        case .positionAdmitted(let id, _):
            let isGranted = grant.map { $0.count > 0 && $0.time == event.time } ?? false
            if isGranted, let grant { granted = (grant.count - 1, grant.time) }
            admit(id, wasAlone: alone == id, isGranted: isGranted, report)
        case .positionExpired(let id): end(id, from: [.waiting, .admitted], as: .expired, report)
        case .positionLeft(let id): end(id, from: [.waiting, .admitted], as: .left, report)
        case .sessionStarted(let session): start(session, report)
        case .sessionExpired(let id): end(id, from: [.active], as: .expired, report)
        case .sessionCompleted(let id): end(id, from: [.admitted, .active], as: .completed, report)
        case .positionTerminated(let id, _): end(id, from: [.waiting, .admitted], as: .terminated, report)
        case .positionMoved(let id, let target, _): move(id, to: target, report)
        case .sessionTerminated(let id, _): end(id, from: [.admitted, .active], as: .terminated, report)
        case .passUsed(let pass, let id):
            use(pass, by: id, report)
            arrivedAlone = alone
        case .positionHandedOver(let id, let heir): handOver(id, to: heir, report)
        case .drawStarted: drawnSince = time
        case .drawRevealed:
            drawnSince = nil
            shuffledSince = time
        }
    }

    private typealias Report = (Violation.Rule, String) -> Void

    private mutating func enforce() {
        guard var new = configured else { return }
        if let status = overrides.status { new.status = status }
        if let slots = overrides.maxActiveUsers { new.maxActiveUsers = slots }
        if let rate = overrides.queueRate { new.queueRate = rate }
        if new.shuffleWindow != settings?.shuffleWindow { shuffledSince = time }
        settings = new
        rate.adopt(new.queueRate, tick: new.admissionInterval, at: time)
    }

    private mutating func enqueue(_ position: QueuePosition, _ shuffleKey: UInt64, _ report: Report) {
        if let known = standings[position.id], !known.status.isFinal || (time - known.since) < Self.memory {
            report(.state, "position \(position.id) joins though it is \(known.status)")
        }
        if position.sequence != joins + 1 { report(.order, "join \(position.sequence) follows join \(joins)") }
        if position.status != .waiting { report(.state, "position \(position.id) joins as \(position.status)") }
        joins = position.sequence
        var key = WaitingOrder.Key(
            window: window(at: position.enqueuedAt), shuffleKey: shuffleKey, join: position.sequence)
        if position.id.isReturn {
            key = .inFront(position.sequence)
            let missed = missedTurns.removeValue(forKey: position.id)
            if missed?.priority != position.priority { report(.order, "join \(joins) comes back from no missed turn") }
            if let missed, let grace = settings?.missedTurnGrace, time - missed.time > grace {
                report(.order, "join \(joins) comes back too late")
            }
        }
        standings[position.id] = Standing(
            status: .waiting, since: time, priority: position.priority, key: key, address: position.addressDigest)
        if let address = position.addressDigest { hold(address, report) }
        lines[position.priority, default: WaitingOrder()].insert(key)
        if waiting == 0 { arrivedAlone = position.id }
        waiting += 1
    }

    private mutating func use(_ pass: Pass, by id: PositionID, _ report: Report) {
        let used = (passes[pass.id] ?? 0) + 1
        passes[pass.id] = used
        if used > pass.uses { report(.state, "pass \(pass.id) is used \(used) times of \(pass.uses)") }
        if time >= pass.expiresAt { report(.state, "pass \(pass.id) is used though it is over") }
        guard let standing = standings[id], standing.status == .waiting else {
            return report(.state, "pass \(pass.id) serves position \(id), which is \(description(of: id))")
        }
        guard standing.priority < pass.priority else { return }
        put(id, standing, at: pass.priority, standing.key)
    }

    private mutating func move(_ id: PositionID, to target: MoveTarget, _ report: Report) {
        guard let standing = standings[id], standing.status == .waiting else {
            return report(.state, "position \(id) is moved though it is \(description(of: id))")
        }
        switch target {
        case .front:
            put(id, standing, at: standing.priority, .inFront(standing.key.join))
        case .priority(let priority):
            put(id, standing, at: priority, standing.key)
        }
    }

    private mutating func put(
        _ id: PositionID, _ standing: Standing, at priority: Int, _ key: WaitingOrder.Key
    ) {
        lines[standing.priority]?.remove(standing.key)
        lines[priority, default: WaitingOrder()].insert(key)
        standings[id]?.priority = priority
        standings[id]?.key = key
    }

    private mutating func handOver(_ id: PositionID, to heir: PositionID, _ report: Report) {
        guard let standing = standings[id], standing.status.mayMove else {
            return report(.state, "position \(id) moves to another device though it is \(description(of: id))")
        }
        if let known = standings[heir], !known.status.isFinal || (time - known.since) < Self.memory {
            report(.state, "position \(heir) takes a place though it is \(known.status)")
        }
        if heir.isReturn != id.isReturn { report(.order, "position \(heir) does not stand where \(id) did") }
        standings[heir] = standing
        if standing.status == .admitted { sessions[SessionID(of: heir)] = heir }
        standings[id]?.status = .moved
        standings[id]?.since = time
    }

    private mutating func hold(_ address: AddressDigest, _ report: Report) {
        let held = addresses[address] ?? 0
        if let limit = settings?.maxPositionsPerAddress, held >= limit {
            report(.address, "address \(address) gets a place beside \(held) of at most \(limit)")
        }
        addresses[address] = held + 1
    }

    private mutating func release(_ standing: Standing) {
        guard let address = standing.address, let held = addresses[address] else { return }
        addresses[address] = held > 1 ? held - 1 : nil
    }

    private mutating func admit(_ id: PositionID, wasAlone: Bool, isGranted: Bool, _ report: Report) {
        guard var standing = standings[id], standing.status == .waiting else {
            return report(.state, "position \(id) is admitted though it is \(description(of: id))")
        }
        if let first = lines[standing.priority]?.first, first != standing.key {
            report(.order, "join \(standing.key.join) is admitted before join \(first.join)")
        }
        if let settings {
            let mayBePaused = isGranted && settings.status == .paused
            if settings.status != .active, !mayBePaused { report(.closed, "admits while \(settings.status)") }
            let phase = settings.phase(at: time)
            if phase != .open || drawnSince != nil { report(.closed, "admits while the room is \(phase)") }
            if slotsInUse >= settings.maxActiveUsers {
                report(.slots, "admits with \(slotsInUse) of \(settings.maxActiveUsers) slots in use")
            }
            if settings.shuffleWindow.count > 0, standing.key.window >= window(at: time), !wasAlone {
                report(.order, "join \(standing.key.join) is admitted before its shuffle window has closed")
            }
        }
        if !isGranted, !rate.admit(at: time) { report(.rate, "admits more than the rate and one tick's worth allow") }
        lines[standing.priority]?.remove(standing.key)
        release(standing)
        waiting -= 1
        slotsInUse += 1
        standing.status = .admitted
        standing.since = time
        standings[id] = standing
        sessions[SessionID(of: id)] = id
    }

    private mutating func start(_ session: Session, _ report: Report) {
        guard session.id == SessionID(of: session.positionID), standings[session.positionID]?.status == .admitted
        else {
            let standing = description(of: session.positionID)
            return report(.state, "session \(session.id) starts though its position is \(standing)")
        }
        standings[session.positionID]?.status = .active
    }

    private mutating func end(
        _ session: SessionID, from allowed: [PositionStatus], as status: PositionStatus, _ report: Report
    ) {
        guard let position = sessions[session] else { return report(.state, "session \(session) was never admitted") }
        end(position, from: allowed, as: status, report)
    }

    private mutating func end(
        _ id: PositionID, from allowed: [PositionStatus], as status: PositionStatus, _ report: Report
    ) {
        guard let standing = standings[id], allowed.contains(standing.status) else {
            return report(.state, "position \(id) becomes \(status) though it is \(description(of: id))")
        }
        if standing.status == .waiting {
            release(standing)
            waiting -= 1
            lines[standing.priority]?.remove(standing.key)
        } else {
            slotsInUse -= 1
        }
        if standing.status == .admitted, status == .expired, let returning = PositionID(returningFrom: id) {
            missedTurns[returning] = (time, standing.priority)
        }
        standings[id]?.status = status
        standings[id]?.since = time
    }

    private func description(of id: PositionID) -> String { standings[id]?.status.rawValue ?? "unknown" }

    /// When the shuffle window began that `moment` is in, or the draw that goes on: windows begin at whole multiples of their length, and none
    /// reaches back before the length was set.
    private func window(at moment: Timestamp) -> Timestamp {
        if let drawnSince { return drawnSince }
        guard let length = settings?.shuffleWindow.count, length > 0 else { return moment }
        let offset = (moment.milliseconds % length + length) % length
        return max(shuffledSince, Timestamp(milliseconds: moment.milliseconds - offset))
    }
}

extension RoomEvent {
    fileprivate var isSettings: Bool {
        if case .roomUpdated = change { true } else { false }
    }
}
