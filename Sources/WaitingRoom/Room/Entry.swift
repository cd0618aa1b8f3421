/// What a room keeps of one position. Compact, because a million of them may wait.
///
/// What the clock asks of a position lies in the entry itself: those whose time is over are found without following a
/// reference.
struct Entry: Sendable {
    /// Its priority may be raised while it waits.
    var key: LineKey
    let enqueuedAt: Timestamp
    /// Waiting: of the last sign of life, which is soft: it is not replayed. Admitted: of the admission. Active: of the
    /// last request, soft too. Else of the end.
    private(set) var moment: Timestamp
    /// Nil of most who wait.
    private var details: Details?
    private(set) var status: PositionStatus
    /// Whose limit the place counts against while it waits. Behind `status`, where five bytes cost nothing.
    let address: Address

    /// A position's state and the facts that belong to it, for those who need them all.
    enum Phase: Sendable {
        case waiting(lastSign: Timestamp)
        case admitted(since: Timestamp)
        case active(ActiveSession)
        case ended(Ending)
    }

    /// An `AddressDigest?` in five bytes, of any alignment; all ones, which no digest has, stand for none.
    struct Address: Sendable {
        private let bytes: (UInt8, UInt8, UInt8, UInt8, UInt8)

        init(_ digest: AddressDigest?) {
            let bits = digest?.value ?? .max
            func byte(_ index: UInt64) -> UInt8 { UInt8(truncatingIfNeeded: bits >> (8 * index)) }
            bytes = (byte(0), byte(1), byte(2), byte(3), byte(4))
        }

        var digest: AddressDigest? {
            let low = UInt64(bytes.0) | UInt64(bytes.1) << 8 | UInt64(bytes.2) << 16 | UInt64(bytes.3) << 24
            let bits = low | UInt64(bytes.4) << 32
            return bits == 0xff_ffff_ffff ? nil : AddressDigest(bits)
        }
    }

    struct ActiveSession: Hashable, Sendable {
        var client: Client
        var startedAt: Timestamp
        /// Soft, as is `pageViews`.
        var lastSeen: Timestamp
        var pageViews: Int
    }

    struct Ending: Hashable, Sendable {
        let status: PositionStatus
        let time: Timestamp
        /// Nil if the position never held a slot.
        let admission: EndedAdmission?
    }

    struct EndedAdmission: Hashable, Sendable {
        let since: Timestamp
        /// Nil if the slot was never used.
        let session: ActiveSession?
    }

    /// What visitors seldom bring, and what comes with a session.
    ///
    /// Sendable as a value is: it is changed by `changeDetails` only, while one entry alone refers to it.
    private final class Details: @unchecked Sendable {
        let userID: UserID?
        let metadata: [String: String]
        /// Of a position that has ended and held a slot.
        var admittedAt: Timestamp?
        /// While it goes on, `moment` says when it was last seen.
        var session: ActiveSession?

        init(userID: UserID?, metadata: [String: String]) {
            self.userID = userID
            self.metadata = metadata
        }

        convenience init(_ other: Details) {
            self.init(userID: other.userID, metadata: other.metadata)
            admittedAt = other.admittedAt
            session = other.session
        }
    }

    init(
        key: LineKey, enqueuedAt: Timestamp, userID: UserID?, metadata: [String: String], phase: Phase, address: Address
    ) {
        self.key = key
        self.enqueuedAt = enqueuedAt
        self.address = address
        if userID != nil || !metadata.isEmpty { details = Details(userID: userID, metadata: metadata) }
        switch phase {
        case .waiting(let lastSign):
            status = .waiting
            moment = lastSign
        case .admitted(let since):
            status = .admitted
            moment = since
        case .active(let session):
            status = .active
            moment = session.lastSeen
            changeDetails { $0.session = session }
        case .ended(let ending):
            status = ending.status
            moment = ending.time
            guard let admission = ending.admission else { return }
            changeDetails { details in
                details.admittedAt = admission.since
                details.session = admission.session
            }
        }
    }

    var userID: UserID? { details?.userID }

    var metadata: [String: String] { details?.metadata ?? [:] }

    var phase: Phase {
        switch status {
        case .waiting:
            return .waiting(lastSign: moment)
        case .active:
            guard var session = details?.session else { return .admitted(since: moment) }
            session.lastSeen = moment
            return .active(session)
        case .admitted:
            return .admitted(since: moment)
        case .expired, .left, .completed, .terminated, .moved:
            let admission = details?.admittedAt.map { EndedAdmission(since: $0, session: details?.session) }
            return .ended(Ending(status: status, time: moment, admission: admission))
        }
    }

    /// Whether it holds a slot or did.
    var hasHeldSlot: Bool {
        switch status {
        case .waiting: false
        case .admitted, .active: true
        case .expired, .left, .completed, .terminated, .moved: details?.admittedAt != nil
        }
    }

    /// Nil unless it waits.
    var lastSign: Timestamp? { status == .waiting ? moment : nil }

    /// Nil unless it is admitted and not claimed.
    var admittedSince: Timestamp? { status == .admitted ? moment : nil }

    /// Nil unless it has ended.
    var endedAt: Timestamp? { status.isFinal ? moment : nil }

    /// From what moment its session's time-out runs; nil unless the session goes on.
    /// - Parameter isRenewed: whether each request starts it anew.
    func idleSince(isRenewed: Bool) -> Timestamp? {
        guard status == .active else { return nil }
        return isRenewed ? moment : details?.session?.startedAt
    }

    /// Starts the clock of its state anew at `time`: a sign of life, a request, or a slot that is given again. One that
    /// has ended stays as it is.
    mutating func renew(at time: Timestamp) {
        if !status.isFinal { moment = time }
    }

    mutating func admit(at time: Timestamp) {
        status = .admitted
        moment = time
    }

    mutating func start(_ session: ActiveSession) {
        status = .active
        moment = session.lastSeen
        changeDetails { $0.session = session }
    }

    /// Notes requests of its session.
    /// - Parameter client: nil if it is not known anew.
    mutating func see(_ pageViews: Int, from client: Client?, at time: Timestamp) {
        moment = time
        changeDetails { details in
            details.session?.pageViews += pageViews
            if let client { details.session?.client = client }
        }
    }

    /// Ends it in whichever state it is; one that has ended stays as it is.
    /// - Returns: what it was.
    mutating func end(as status: PositionStatus, at time: Timestamp) -> PositionStatus {
        let before = self.status
        switch before {
        case .waiting: break
        case .admitted:
            let since = moment
            changeDetails { $0.admittedAt = since }
        case .active:
            let lastSeen = moment
            changeDetails { details in
                details.admittedAt = details.session?.startedAt
                details.session?.lastSeen = lastSeen
            }
        case .expired, .left, .completed, .terminated, .moved: return before
        }
        self.status = status
        moment = time
        return before
    }

    /// A copy of the entry, such as a snapshot's, keeps the details that it has.
    private mutating func changeDetails(_ change: (Details) -> Void) {
        if details == nil {
            details = Details(userID: nil, metadata: [:])
        } else if !isKnownUniquelyReferenced(&details), let shared = details {
            details = Details(shared)
        }
        if let details { change(details) }
    }
}
