import SessionTokens
import Testing
import WaitingRoom

@testable import AbuseGuard

@Suite("Challenges")
struct ChallengeTests {
    private let authority: ChallengeAuthority
    private let subject: ChallengeAuthority.Subject
    private let work: Work
    private let now: Int64 = 1_795_233_754_000

    init() throws {
        authority = ChallengeAuthority(try #require(BindingSalt("salt")))
        subject = ChallengeAuthority.Subject(
            room: try #require(RoomID("shop")), address: "192.0.2.1", userAgent: Array("a".utf8))
        work = try #require(Work(bits: 6, pieces: 3))
    }

    private func issue(
        _ purpose: Challenge.Purpose = .join, to subject: ChallengeAuthority.Subject? = nil
    ) throws -> (challenge: Challenge, text: String) {
        var generator = SystemRandomNumberGenerator()
        return try #require(
            authority.issue(
                purpose, reason: .signal(.ghosts), work: work, to: subject ?? self.subject, at: now, using: &generator))
    }

    @Test("What was solved is accepted until it is over, by a gate that knows only the salt")
    func accepted() throws {
        let (challenge, text) = try issue()
        #expect(text.utf8.count == ChallengeAuthority.textLength)
        let solution = ProofOfWork.solve(text, work)
        let other = ChallengeAuthority(try #require(BindingSalt("salt")))
        #expect(other.judge(text, solution: solution, by: subject, at: now) == .accepted(challenge))
        let last = now + Challenge.lifetime
        #expect(other.judge(text, solution: solution, by: subject, at: last - 1) == .accepted(challenge))
        #expect(other.judge(text, solution: solution, by: subject, at: last) == .unsolved(challenge))
        #expect(challenge.reason == .signal(.ghosts))
    }

    @Test(
        "Wrong, missing, surplus and foreign numbers do not solve it",
        arguments: ["", "1", "1.2.3", "-1.0.0", "1.2.x"])
    func unsolved(solution: String) throws {
        let (challenge, text) = try issue()
        let right = ProofOfWork.solve(text, work)
        let wrong = solution == "1.2.3" ? right + ".0" : solution
        #expect(authority.judge(text, solution: wrong, by: subject, at: now) == .unsolved(challenge))
    }

    @Test("The numbers of one challenge do not solve another")
    func otherChallenge() throws {
        let hard = try #require(Work(bits: 12, pieces: 3))
        var generator = SystemRandomNumberGenerator()
        func issue() throws -> String {
            try #require(
                authority.issue(.join, reason: .always, work: hard, to: subject, at: now, using: &generator)
            ).text
        }
        let solution = ProofOfWork.solve(try issue(), hard)
        guard case .unsolved = authority.judge(try issue(), solution: solution, by: subject, at: now) else {
            Issue.record("accepted")
            return
        }
    }

    @Test("It is of use to nobody else: not in another room, from another address, with another agent or place")
    func foreign() throws {
        let (_, text) = try issue()
        let solution = ProofOfWork.solve(text, work)
        var others = [subject, subject, subject, subject]
        others[0].room = try #require(RoomID("other"))
        others[1].address = "192.0.2.2"
        others[2].userAgent = Array("b".utf8)
        others[3].position = PositionID(bits: UUIDBits(high: 1, low: 2))
        for other in others {
            #expect(authority.judge(text, solution: solution, by: other, at: now) == .foreign)
        }
        let stranger = ChallengeAuthority(try #require(BindingSalt("other salt")))
        #expect(stranger.judge(text, solution: solution, by: subject, at: now) == .foreign)
    }

    @Test("Every changed character is noticed")
    func changed() throws {
        let (_, text) = try issue()
        let solution = ProofOfWork.solve(text, work)
        for index in text.indices {
            var changed = text
            changed.replaceSubrange(index...index, with: text[index] == "A" ? "B" : "A")
            #expect(authority.judge(changed, solution: solution, by: subject, at: now) == .foreign)
        }
        for malformed in ["", String(text.dropLast()), text + "A", "ä" + text.dropFirst(2)] {
            #expect(authority.judge(malformed, solution: solution, by: subject, at: now) == .foreign)
        }
    }

    @Test("An IPv6 visitor may move within the /64")
    func privacyAddresses() throws {
        var home = subject
        home.address = "2001:db8::1"
        let (challenge, text) = try issue(to: home)
        home.address = "2001:db8::aaaa:bbbb"
        #expect(
            authority.judge(text, solution: ProofOfWork.solve(text, work), by: home, at: now) == .accepted(challenge))
    }

    @Test("Answering twice leads to the same position, another challenge to another")
    func onePosition() throws {
        let first = try issue().challenge
        let second = try issue().challenge
        let position = try #require(authority.position(for: first))
        #expect(authority.position(for: first) == position)
        #expect(authority.position(for: second) != position)
        #expect(PositionID(position.description) == position)
    }

    @Test("Work gets harder with what is solved and for those who look worse, within bounds")
    func difficulty() {
        func bits(_ solved: Int, _ joins: Int = 0, _ score: AbuseScore = AbuseScore([])) -> Int {
            Work(solved: solved, joins: joins, score: score).bits
        }
        #expect([0, 200, 201, 1001, 4001, 1_000_000].map { bits($0) } == [12, 12, 13, 14, 15, 15])
        #expect(bits(0, 31) == 13)
        #expect(bits(0, 31, AbuseScore([.ghosts, .noCookies])) == 14)
        #expect(bits(5000, 31, AbuseScore([.ghosts, .noCookies])) == 15)
        #expect(Work(bits: 0, pieces: 8) == nil && Work(bits: 12, pieces: 0) == nil && Work(bits: 21, pieces: 8) == nil)
    }
}
