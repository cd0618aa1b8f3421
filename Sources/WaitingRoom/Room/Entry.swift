/// What a room keeps of one position. Compact, because a million of them may wait.
struct Entry: Sendable {
    /// Its priority may be raised while it waits.
    var key: LineKey
    let enqueuedAt: Timestamp
    /// Nil where the visitor brought none, as browsers do.
    let particulars: Particulars?
    var phase: Phase
    /// Whose limit the place counts against while it waits. Behind `phase`, where five bytes cost nothing.
    let address: Address

    /// A position's state and the soft facts that belong to it.
    enum Phase: Sendable {
        /// `lastSign` is soft: it is not replayed.
        case waiting(lastSign: Timestamp)
        case admitted(since: Timestamp)
        indirect case active(ActiveSession)
        indirect case ended(Ending)
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

    /// What few visitors have.
    final class Particulars: Sendable {
        let userID: UserID?
        let metadata: [String: String]

        init?(userID: UserID?, metadata: [String: String]) {
            guard userID != nil || !metadata.isEmpty else { return nil }
            self.userID = userID
            self.metadata = metadata
        }
    }

    var status: PositionStatus {
        switch phase {
        case .waiting: .waiting
        case .admitted: .admitted
        case .active: .active
        case .ended(let ending): ending.status
        }
    }

    /// Whether it holds a slot or did.
    var hasHeldSlot: Bool {
        switch phase {
        case .waiting: false
        case .admitted, .active: true
        case .ended(let ending): ending.admission != nil
        }
    }

    /// Nil unless it waits.
    var lastSign: Timestamp? {
        if case .waiting(let lastSign) = phase { lastSign } else { nil }
    }

    /// Nil unless it is admitted and not claimed.
    var admittedSince: Timestamp? {
        if case .admitted(let since) = phase { since } else { nil }
    }

    /// Nil unless its session goes on.
    var activeSession: ActiveSession? {
        if case .active(let session) = phase { session } else { nil }
    }

    /// Ends it in whichever state it is; one that has ended stays as it is.
    /// - Returns: what it was.
    mutating func end(as status: PositionStatus, at time: Timestamp) -> Entry {
        let before = self
        switch phase {
        case .waiting:
            phase = .ended(Ending(status: status, time: time, admission: nil))
        case .admitted(let since):
            phase = .ended(
                Ending(status: status, time: time, admission: EndedAdmission(since: since, session: nil)))
        case .active(let session):
            phase = .ended(
                Ending(
                    status: status, time: time, admission: EndedAdmission(since: session.startedAt, session: session)))
        case .ended: break
        }
        return before
    }
}
