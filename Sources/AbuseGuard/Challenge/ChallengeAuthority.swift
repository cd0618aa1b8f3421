package import SessionTokens
package import WaitingRoom

/// Issues challenges and judges what comes back. It keeps nothing: a code under a key that all gates of a site share binds a
/// challenge to its room, its visitor and, where it is about one, its position.
package struct ChallengeAuthority: Sendable {
    /// What a challenge is bound to besides what it says itself.
    package struct Subject: Hashable, Sendable {
        package var room: RoomID
        /// Nil: a newcomer.
        package var position: PositionID?
        /// An IP address in text form; of an IPv6 address its /64 counts.
        package var address: String
        package var userAgent: [UInt8]

        package init(room: RoomID, position: PositionID? = nil, address: String, userAgent: [UInt8]) {
            self.room = room
            self.position = position
            self.address = address
            self.userAgent = userAgent
        }
    }

    package enum Verdict: Hashable, Sendable {
        /// Good, and solved if it is one of work.
        case accepted(Challenge)
        /// Good, but over or not solved.
        case unsolved(Challenge)
        /// Not one of ours, or not this visitor's.
        case foreign
    }

    private static let codeLength = 16
    /// The length of a challenge as text: a SHA-256 of it takes one block, which the page relies on.
    package static let textLength = 54

    private let key: DerivedKey
    private let positionKey: DerivedKey

    package init(_ salt: BindingSalt) {
        key = DerivedKey(salt, for: "anteroom challenge")
        positionKey = DerivedKey(salt, for: "anteroom challenge position")
    }

    /// A challenge and its text; nil if libcrypto fails.
    package func issue(
        _ purpose: Challenge.Purpose, reason: ChallengeReason, work: Work?, to subject: Subject, at now: Int64,
        using generator: inout some RandomNumberGenerator
    ) -> (challenge: Challenge, text: String)? {
        let challenge = Challenge(
            purpose: purpose, reason: reason, work: work, issuedAt: now, serial: generator.next())
        guard let code = key.code(of: message(challenge, for: subject)) else { return nil }
        return (challenge, Base64URL.text(challenge.encoded + code.prefix(Self.codeLength)))
    }

    /// - `solution`: of one by work; a provider's word is asked for elsewhere.
    package func judge(_ text: String, solution: String, by subject: Subject, at now: Int64) -> Verdict {
        var bytes: [UInt8] = []
        guard text.utf8.count == Self.textLength, Base64URL.decode(Array(text.utf8).span, into: &bytes),
            let challenge = Challenge(encoded: bytes.prefix(Challenge.encodedLength)),
            key.isCode(Array(bytes.dropFirst(Challenge.encodedLength)), of: message(challenge, for: subject))
        else { return .foreign }
        // A clock that is a little behind another gate's is no reason.
        guard now < challenge.expiresAt, challenge.issuedAt <= now + 60_000 else { return .unsolved(challenge) }
        if let work = challenge.work, !ProofOfWork.solves(solution, text, work) { return .unsolved(challenge) }
        return .accepted(challenge)
    }

    /// The one position that a challenge makes: whoever answers twice, at whichever gate, gets the same place.
    package func position(for challenge: Challenge) -> PositionID? {
        guard let code = positionKey.code(of: challenge.encoded) else { return nil }
        var words = Words(rest: code)
        return PositionID(using: &words)
    }

    /// What the code of a challenge covers.
    private func message(_ challenge: Challenge, for subject: Subject) -> [UInt8] {
        var message = challenge.encoded
        let parts: [[UInt8]] = [
            Array(subject.room.text.utf8), Array((subject.position?.description ?? "").utf8),
            Array(VisitorKey.network(of: subject.address).utf8), Array(subject.userAgent.prefix(512)),
        ]
        // With its length before each, no two lists of parts are written alike.
        for part in parts { message += [UInt8(part.count >> 8), UInt8(part.count & 0xff)] + part }
        return message
    }

    /// Hands out the words of a hash as if they were random.
    private struct Words: RandomNumberGenerator {
        var rest: [UInt8]

        mutating func next() -> UInt64 {
            let word = rest.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
            rest = Array(rest.dropFirst(8))
            return word
        }
    }
}
