package import SessionTokens
import Synchronization
package import WaitingRoom

/// What a gate remembers of those who come, and what it says of them: shared by its event loops, asked where somebody joins
/// or polls, never for a request that is forwarded. Times are milliseconds since 1970.
package final class AbuseWatch: Sendable {
    /// What became of a challenge: the `outcome` label of metrics.
    package enum Outcome: String, Hashable, Sendable, CaseIterable {
        case issued, solved
        /// Answered wrongly, too late, or by somebody else.
        case failed
        /// The provider could not be asked, and the room's choice was to admit, or to wait.
        case admitted, deferred
    }

    package struct Key: Hashable, Sendable {
        package var room: RoomID
        package var reason: ChallengeReason
        package var outcome: Outcome
    }

    fileprivate struct State {
        var newcomers = NewcomerMemory()
        var solved = WindowCount()
        var challenges: [Key: Int] = [:]
        var signals: [RoomID: [AbuseSignal: Int]] = [:]
    }

    package let authority: ChallengeAuthority
    private let polls = PollMemory()
    private let state = Mutex(State())
    fileprivate static let solvedSpan: Int64 = 10_000

    package init(salt: BindingSalt) { authority = ChallengeAuthority(salt) }

    /// How suspicious a newcomer is, counted by signal; and how much such a one would have to compute.
    package func judge(
        _ visitor: VisitorKey, _ traits: BrowserTraits?, in room: RoomSettings, at now: Int64
    ) -> (score: AbuseScore, work: Work) {
        let own = traits?.signals ?? []
        return state.withLock { state in
            let score = AbuseScore(own.union(state.newcomers.signals(of: visitor, in: room, at: now)))
            for signal in score.signals { state.signals[room.id, default: [:]][signal, default: 0] += 1 }
            return (score, state.work(for: visitor, score, at: now))
        }
    }

    /// How much somebody has to compute who is asked for another reason than joining.
    package func work(for visitor: VisitorKey, _ signal: AbuseSignal?, at now: Int64) -> Work {
        state.withLock { $0.work(for: visitor, AbuseScore(Set([signal].compactMap(\.self))), at: now) }
    }

    /// A position was made, and its cookie given out.
    package func gave(_ position: PositionID, to visitor: VisitorKey, in room: RoomID, at now: Int64) {
        state.withLock { $0.newcomers.gave(position, to: visitor, in: room, at: now) }
    }

    /// A position's cookie came back; the first time counts.
    package func returned(_ position: PositionID, in room: RoomID, at now: Int64) {
        state.withLock { $0.newcomers.returned(position, in: room, at: now) }
    }

    /// The page said that a program runs this browser.
    package func isAutomated(_ visitor: VisitorKey, at now: Int64) {
        state.withLock { $0.newcomers.isAutomated(visitor, at: now) }
    }

    /// Notes that somebody in line asked for the place.
    /// - Parameter pollAfter: when that was due, in milliseconds after the last time.
    /// - Returns: why the position has to prove itself; nil if it need not.
    package func polled(_ position: PositionID, at now: Int64, pollAfter: Int64) -> AbuseSignal? {
        polls.note(position, at: now, pollAfter: pollAfter)
    }

    /// Why a position has to prove itself; nil if it need not.
    package func pace(of position: PositionID) -> AbuseSignal? { polls.signal(of: position) }

    /// The position has proved itself.
    package func clear(_ position: PositionID, at now: Int64) { polls.clear(position, at: now) }

    package func count(_ outcome: Outcome, _ reason: ChallengeReason, in room: RoomID, at now: Int64) {
        state.withLock { state in
            state.challenges[Key(room: room, reason: reason, outcome: outcome), default: 0] += 1
            if outcome == .solved { state.solved.add(at: now, span: Self.solvedSpan) }
            if outcome == .issued, case .signal(let signal) = reason, signal == .pollRate || signal == .pollRhythm {
                state.signals[room, default: [:]][signal, default: 0] += 1
            }
        }
    }

    package var challenges: [Key: Int] { state.withLock { $0.challenges } }
    /// How often each signal was seen in a newcomer, or led to a challenge of somebody in line.
    package var signals: [RoomID: [AbuseSignal: Int]] { state.withLock { $0.signals } }
}

extension AbuseWatch.State {
    fileprivate func work(for visitor: VisitorKey, _ score: AbuseScore, at now: Int64) -> Work {
        Work(
            solved: solved.value(at: now, span: AbuseWatch.solvedSpan), joins: newcomers.joins(of: visitor, at: now),
            score: score)
    }
}
