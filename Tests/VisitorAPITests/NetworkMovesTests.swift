import SessionTokens
import Testing
import WaitingRoom

@testable import VisitorAPI

/// The moves, so that what they answer can be expected in place.
private final class Moves {
    private var moves = NetworkMoves()

    func note(_ position: PositionID, _ binding: BindingDigest, now: Int64) {
        moves.note(position, binding, now: now)
    }

    func haveReplaced(_ claims: TokenClaims, now: Int64) -> Bool { moves.haveReplaced(claims, now: now) }
}

@Suite("Visitors who proved that they moved")
struct NetworkMovesTests {
    private let room: RoomID
    private let old: BindingDigest
    private let new: BindingDigest

    init() throws {
        room = try #require(RoomID("shop"))
        let salt = try #require(BindingSalt("salt"))
        func digest(_ address: String) -> BindingDigest? {
            let address = Array(address.utf8)
            let agent: [UInt8] = []
            return Binding.addressAndUserAgent.digest(salt: salt, address: address.span, userAgent: agent.span)
        }
        old = try #require(digest("192.0.2.1"))
        new = try #require(digest("192.0.2.2"))
    }

    private func claims(_ number: UInt64, _ binding: BindingDigest) -> TokenClaims {
        TokenClaims(
            positionID: PositionID(bits: UUIDBits(high: 0, low: number)), queueID: room, issuedAt: 0, expiresAt: 300,
            binding: binding)
    }

    @Test("Tokens of the network that was left are replaced, others are not")
    func replaced() {
        let moves = Moves()
        #expect(!moves.haveReplaced(claims(1, old), now: 0))
        moves.note(claims(1, new).positionID, new, now: 0)
        #expect(moves.haveReplaced(claims(1, old), now: 1))
        #expect(!moves.haveReplaced(claims(1, new), now: 1))
        #expect(!moves.haveReplaced(claims(2, old), now: 1))
        moves.note(claims(1, old).positionID, old, now: 2)
        #expect(moves.haveReplaced(claims(1, new), now: 3) && !moves.haveReplaced(claims(1, old), now: 3))
    }

    @Test("It is remembered for as long as the replaced token can live, and however many move, for a bounded number")
    func bounded() {
        let moves = Moves()
        moves.note(claims(1, new).positionID, new, now: 0)
        #expect(moves.haveReplaced(claims(1, old), now: 3600))
        #expect(!moves.haveReplaced(claims(1, old), now: 7200))
        moves.note(claims(1, new).positionID, new, now: 7200)
        for number in 2..<UInt64(10_000) { moves.note(claims(number, new).positionID, new, now: 7200) }
        #expect(!moves.haveReplaced(claims(1, old), now: 7200))
        #expect(moves.haveReplaced(claims(9999, old), now: 7200))
    }
}
