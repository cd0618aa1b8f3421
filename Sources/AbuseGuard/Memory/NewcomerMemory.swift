import WaitingRoom

/// What was lately seen of those who joined: who brought cookies back, and which addresses join often. Pure; times are
/// milliseconds since 1970.
struct NewcomerMemory: Sendable {
    private struct Agent: Sendable {
        var unreturned = WindowCount()
        /// Until when the browser counts as one that a program runs; the page said so.
        var automatedUntil: Int64 = .min
    }

    /// A cookie that was given out.
    private struct Cookie: Sendable {
        /// To whom; as in `VisitorKey.agent`.
        var agent: UInt64
        var isReturned = false
    }

    private struct RoomNotes: Sendable {
        var unreturned = WindowCount()
        /// For so long a newcomer who does not come back can hold a slot.
        var span: Int64 = 60_000
    }

    /// Cookies given out within this count as not returned.
    private static let cookieSpan: Int64 = 30_000
    private static let joinSpan: Int64 = 10_000
    private static let automatedSpan: Int64 = 600_000
    /// So many cookies of one address and User-Agent may be on their way: those of a campus, whose browsers look alike.
    static let cookieAllowance = 5
    /// Joins of one address in `joinSpan`.
    static let joinAllowance = 30

    private var agents = RecentTable<Agent>(capacity: 1 << 16)
    private var addresses = RecentTable<WindowCount>(capacity: 1 << 15)
    private var cookies = RecentTable<Cookie>(capacity: 1 << 16)
    private var rooms: [RoomID: RoomNotes] = [:]

    /// What is known of whoever wants to join now.
    mutating func signals(of visitor: VisitorKey, in room: RoomSettings, at now: Int64) -> Set<AbuseSignal> {
        var signals: Set<AbuseSignal> = []
        let joins = addresses.update(visitor.address, now: now, initial: WindowCount()) { count in
            count.add(at: now, span: Self.joinSpan)
            return count.value(at: now, span: Self.joinSpan)
        }
        if joins > Self.joinAllowance { signals.insert(.joinRate) }
        if let agent = agents.value(of: visitor.agent) {
            if agent.unreturned.value(at: now, span: Self.cookieSpan) >= Self.cookieAllowance {
                signals.insert(.noCookies)
            }
            if now < agent.automatedUntil { signals.insert(.webdriver) }
        }
        let span = min(max(room.claimTimeout.count, 1000), 600_000)
        rooms[room.id, default: RoomNotes()].span = span
        if let notes = rooms[room.id] {
            let ghosts = notes.unreturned.value(at: now, span: span)
            if ghosts >= Self.ghostLimit(slots: room.maxActiveUsers) { signals.insert(.ghosts) }
        }
        return signals
    }

    /// How many newcomers may be away with their cookies before all others are asked: a fiftieth of the slots.
    static func ghostLimit(slots: Int) -> Int { max(2, slots / 50) }

    /// A position was made, and its cookie given out.
    mutating func gave(_ position: PositionID, to visitor: VisitorKey, in room: RoomID, at now: Int64) {
        let isNew = cookies.update(Self.key(of: position), now: now, initial: Cookie(agent: 0)) { cookie in
            defer { cookie.agent = visitor.agent }
            return cookie.agent == 0
        }
        // Whoever repeats an answer gets the same position again.
        guard isNew else { return }
        agents.update(visitor.agent, now: now, initial: Agent()) { $0.unreturned.add(at: now, span: Self.cookieSpan) }
        var notes = rooms[room] ?? RoomNotes()
        notes.unreturned.add(at: now, span: notes.span)
        rooms[room] = notes
    }

    /// A position's cookie came back. Counts once.
    mutating func returned(_ position: PositionID, in room: RoomID, at now: Int64) {
        let key = Self.key(of: position)
        guard let cookie = cookies.value(of: key), !cookie.isReturned else { return }
        cookies.update(key, now: now, initial: cookie) { $0.isReturned = true }
        agents.update(cookie.agent, now: now, initial: Agent()) { $0.unreturned.remove(at: now, span: Self.cookieSpan) }
        guard var notes = rooms[room] else { return }
        notes.unreturned.remove(at: now, span: notes.span)
        rooms[room] = notes
    }

    mutating func isAutomated(_ visitor: VisitorKey, at now: Int64) {
        agents.update(visitor.agent, now: now, initial: Agent()) { $0.automatedUntil = now + Self.automatedSpan }
    }

    /// Joins of the visitor's address lately.
    func joins(of visitor: VisitorKey, at now: Int64) -> Int {
        addresses.value(of: visitor.address)?.value(at: now, span: Self.joinSpan) ?? 0
    }

    private static func key(of position: PositionID) -> UInt64 { UInt64(bitPattern: Int64(position.hashValue)) }
}
