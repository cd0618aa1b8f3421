import RoomConfiguration
import WaitingRoom

/// What one event loop knows of one endpoint: what requests found there (passive health) and what the checks say
/// (active health). Pure: time is passed in, in microseconds since some moment.
struct EndpointHealth {
    /// Passive health.
    enum State: Equatable {
        /// Gets requests. Can transition to: `ejected`.
        case healthy
        /// Gets none before `until`; where no other endpoint is in, one from `lastResort` on. Can transition to:
        /// `trial`, `healthy` (by the checks).
        case ejected(until: Int64, lastResort: Int64)
        /// One request finds out; from `patience` on so may another. Can transition to: `healthy`, `ejected`, `trial`.
        case trial(isLastResort: Bool, patience: Int64)
    }

    /// A request that failed.
    enum Failure {
        /// No connection: nobody but the origin can be the cause.
        case connection
        /// No answer, or one that was cut, late or malformed. A visitor may know an address that does this.
        case answer
    }

    /// Where nobody is in, a request goes through so often, one at a time, to find out. A breaker that stays open for
    /// longer than the origin is away would make a hiccup worse.
    static let lastResortInterval = Milliseconds(100)
    /// An endpoint that gave a whole answer so short a time ago is not ejected because of other answers: one visitor
    /// with a request that always fails must not close the site to all others.
    static let answerGrace = Milliseconds.seconds(1)

    /// A trial with a slow address, or of a visitor who keeps it waiting, holds the others up for no longer.
    static let trialPatience = Milliseconds.seconds(5)

    private(set) var state = State.healthy
    private(set) var isCheckedDown = false
    /// Whether the endpoint gets requests: the one word that a request looks at.
    private(set) var isIn = true
    /// Failures since the last whole answer.
    private var failures = 0
    private var lastAnswer: Int64?
    /// Ejections and failed trials in a row.
    private var ejections = 0
    private var returnedAt: Int64?
    private let settings: HealthConfiguration

    init(_ settings: HealthConfiguration, isCheckedDown: Bool = false) {
        self.settings = settings
        self.isCheckedDown = isCheckedDown
        isIn = !isCheckedDown
    }

    /// A whole answer came.
    mutating func answered(at now: Int64) {
        failures = 0
        lastAnswer = now
    }

    /// A request failed through no fault of the visitor's. True if that ejects the endpoint.
    mutating func failed(_ failure: Failure, at now: Int64) -> Bool {
        guard case .healthy = state else { return false }
        failures += 1
        guard settings.maxFailures > 0, failures >= settings.maxFailures else { return false }
        if case .answer = failure, let lastAnswer, now - lastAnswer < Self.answerGrace.microseconds { return false }
        let isInRow = returnedAt.map { now - $0 <= ejectTime } ?? false
        ejections = isInRow ? ejections + 1 : 1
        eject(at: now)
        return true
    }

    /// Whether a request may be sent to find out. In the last resort nobody else is in.
    func mayTry(at now: Int64, isLastResort: Bool) -> Bool {
        guard !isCheckedDown else { return false }
        switch state {
        case .healthy: return false
        case .ejected(let until, let lastResort): return now >= until || isLastResort && now >= lastResort
        case .trial(_, let patience): return now >= patience
        }
    }

    mutating func beginTrial(isLastResort: Bool, at now: Int64) {
        state = .trial(isLastResort: isLastResort, patience: now + Self.trialPatience.microseconds)
    }

    /// The head of an answer to the trial came. True if the endpoint is healthy for that.
    mutating func trialAnswered(at now: Int64) -> Bool {
        guard state != .healthy else { return false }
        recover(at: now)
        return true
    }

    mutating func trialFailed(at now: Int64) {
        guard case .trial(let isLastResort, _) = state else { return }
        // While nobody is in, more trials are made than the endpoint has to answer for.
        if !isLastResort { ejections += 1 }
        eject(at: now)
    }

    /// The trial ended without telling anything: the visitor left.
    mutating func trialAbandoned(at now: Int64) {
        guard case .trial = state else { return }
        state = .ejected(until: now, lastResort: now)
    }

    /// What the checks find from now on. An endpoint that they find up again is healthy, whatever requests found before.
    mutating func checked(isUp: Bool, at now: Int64) {
        guard isUp == isCheckedDown else { return }
        isCheckedDown = !isUp
        if isUp { recover(at: now) }
        isIn = isUp && state == .healthy
    }

    private mutating func recover(at now: Int64) {
        state = .healthy
        failures = 0
        returnedAt = now
        isIn = !isCheckedDown
    }

    private mutating func eject(at now: Int64) {
        state = .ejected(until: now + ejectTime, lastResort: now + Self.lastResortInterval.microseconds)
        failures = 0
        isIn = false
    }

    /// Of the present ejection, in microseconds.
    private var ejectTime: Int64 {
        // Beyond 20 doublings the shortest time is longer than the longest `max_eject_time`.
        let doublings = Int64(min(max(ejections - 1, 0), 20))
        return min(settings.ejectTime.count << doublings, settings.maxEjectTime.count) * 1000
    }
}

extension Milliseconds {
    fileprivate var microseconds: Int64 { count * 1000 }
}
